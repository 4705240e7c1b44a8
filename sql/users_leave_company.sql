-- users_leave_company: $1 user_id bigint, $2 company_id bigint  ->  user_id, email; no row: not a member of it. Its balance stays with the company
UPDATE users SET company_id = NULL, company_role = NULL, company_joined_at = NULL
WHERE id = $1::bigint AND company_id = $2::bigint AND company_role = 'member'
RETURNING id, email
