-- users_list: a page of accounts, the newest first: GET /admin/api/users
-- arg part text null: of an e-mail address
-- arg most integer: rows
-- arg skip bigint: so many are before the page
-- col answer json
WITH fitting AS (
    SELECT u, c
    FROM users u LEFT JOIN companies c ON c.id = u.company_id
    WHERE $1::text IS NULL OR position($1::text IN u.email) > 0
), page AS (
    SELECT * FROM fitting ORDER BY (u).id DESC LIMIT $2::integer OFFSET $3::bigint
)
SELECT json_build_object(
    'users', (SELECT coalesce(json_agg(account_json(u, c) ORDER BY (u).id DESC), '[]') FROM page),
    'total', (SELECT count(*) FROM fitting), 'limit', $2::integer, 'offset', $3::bigint) AS answer
