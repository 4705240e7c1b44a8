-- users_credit: credit from an administrator; a member's is the company's. Nulls: there is no such account
-- arg email text
-- arg amount numeric
-- arg description text
-- arg reference text
-- col user_id bigint null
-- col balance numeric null: now
SELECT the_user AS user_id, balance
FROM account_credit_by_email($1::text, $2::numeric, $3::text, $4::text)
