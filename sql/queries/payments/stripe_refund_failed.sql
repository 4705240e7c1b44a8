-- stripe_refund_failed: a refund of a payment didn't happen: stripe_refund_failed(). Repeating it changes nothing
-- arg payment text
-- arg refund text
-- arg amount numeric
-- cols of stripe_refunded
SELECT known, taken, $1::text AS payment FROM stripe_refund_failed($1::text, $2::text, $3::numeric)
