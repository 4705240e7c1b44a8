-- payment_problems_add: what an administrator has to know of a payment. Repeating it changes nothing
-- arg kind text
-- arg reference text: of what it is about
-- arg user_id bigint null
-- arg amount numeric: 0: it isn't known in dollars
-- arg detail text
-- col is_new boolean null
SELECT payment_problem($1::text, $2::text, $3::bigint, nullif($4::numeric, 0), $5::text) AS is_new
