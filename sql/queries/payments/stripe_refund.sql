-- stripe_refund: one refund of a payment: stripe_refund(). Repeating it changes nothing
-- arg payment text
-- arg refund text
-- arg amount numeric
-- arg is_failed boolean: it didn't happen after all
-- cols of stripe_refunded
SELECT known, taken, $1::text AS payment FROM stripe_refund($1::text, $2::text, $3::numeric, $4::boolean)
