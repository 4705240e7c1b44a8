-- users_leave_company: a member goes: company_remove(). No row: not a member of it
-- arg user_id bigint
-- arg company_id bigint
-- arg invite_code text: the company's from now on
-- col user_id bigint
-- col email text
SELECT $1::bigint AS user_id, email FROM company_remove($1::bigint, $2::bigint, $3::text) AS email WHERE email IS NOT NULL
