-- users_leave_company: a member goes; its balance stays with the company. No row: not a member of it
-- arg user_id bigint
-- arg company_id bigint
-- col user_id bigint
-- col email text
UPDATE users SET company_id = NULL, company_role = NULL, company_joined_at = NULL
WHERE id = $1::bigint AND company_id = $2::bigint AND company_role = 'member'
RETURNING id AS user_id, email
