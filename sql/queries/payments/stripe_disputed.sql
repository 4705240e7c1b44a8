-- stripe_disputed: how a dispute of a payment stands: stripe_disputed(). Repeating it changes nothing
-- arg payment text
-- arg dispute text
-- arg amount numeric
-- arg standing text: inquiry, open, lost, won
-- cols of stripe_refunded
SELECT known, taken, $1::text AS payment FROM stripe_disputed($1::text, $2::text, $3::numeric, $4::text)
