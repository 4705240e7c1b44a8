-- stripe_refunded: so much of a payment has gone back in all: stripe_refunded(). Repeating it changes nothing
-- arg event text
-- arg payment text
-- arg charge text
-- arg total numeric
-- col known boolean: the payment was credited here
-- col taken numeric: from the account, now; below 0: given back
-- col payment text
SELECT known, taken, $2::text AS payment FROM stripe_refunded($1::text, $2::text, $3::text, $4::numeric)
