-- stripe_credit: $1 user_id bigint, $2 amount numeric, $3 description text, $4 reference text  ->  bool: it was credited now (null: there is no such user), the reference
SELECT account_credit($1::bigint, $2::numeric, 'stripe_topup', $3::text, $4::text), $4::text
