-- users_list: $1 part of an email text|null, $2 limit int, $3 offset bigint  ->  a page of accounts as json, the newest first
WITH fitting AS (
    SELECT u.*, c.name AS company_name, coalesce(c.balance, u.balance) AS credit
    FROM users u LEFT JOIN companies c ON c.id = u.company_id
    WHERE $1::text IS NULL OR position($1::text IN u.email) > 0
), page AS (
    SELECT * FROM fitting ORDER BY id DESC LIMIT $2::integer OFFSET $3::bigint
)
SELECT json_build_object(
    'users', (SELECT coalesce(json_agg(json_build_object(
            'id', p.id, 'email', p.email, 'accountType', p.account_type, 'company_id', p.company_id,
            'companyName', p.company_name, 'balance', p.credit::text, 'is_admin', p.is_admin, 'created_at', api_time(p.created_at)) ORDER BY p.id DESC), '[]') FROM page p),
    'total', (SELECT count(*) FROM fitting), 'limit', $2::integer, 'offset', $3::bigint)
