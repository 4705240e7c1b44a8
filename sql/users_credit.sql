-- users_credit: $1 email text, $2 amount numeric, $3 description text, $4 reference text  ->  user_id, company_id|null; no row: no such account. The credit of a company's member is the company's
-- Materialized: else the change is made while the row is looked for, and the row, changed meanwhile, isn't found.
WITH u AS MATERIALIZED (SELECT id, company_id FROM users WHERE email = $1::text FOR UPDATE)
SELECT u.id, u.company_id FROM u
WHERE account_change(u.id, u.company_id, $2::numeric, 'admin_credit', $3::text, $4::text)
