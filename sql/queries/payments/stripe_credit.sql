-- stripe_credit: a payment by card; always one row
-- arg user_id bigint
-- arg amount numeric
-- arg description text
-- arg reference text
-- col is_new boolean null: it was credited now; null: there is no such user
-- col reference text
SELECT account_credit($1::bigint, $2::numeric, 'stripe_topup', $3::text, $4::text) AS is_new, $4::text AS reference
