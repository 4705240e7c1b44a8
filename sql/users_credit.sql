-- users_credit: $1 email text, $2 amount numeric, $3 description text, $4 reference text  ->  user_id, its balance now; null: no such account. The credit of a company's member is the company's
SELECT the_user, balance FROM account_credit_by_email($1::text, $2::numeric, $3::text, $4::text)
