-- stripe_credit: a payment by card: stripe_credit(); always one row
-- arg user_id bigint
-- arg amount numeric
-- arg description text
-- arg reference text
-- arg payment text: its PaymentIntent; '' unknown
-- col is_new boolean null: it was credited now; null: there is no such user
-- col reference text
SELECT stripe_credit($1::bigint, $2::numeric, $3::text, $4::text, $5::text) AS is_new, $4::text AS reference
