-- webhook_deliveries_turn: says what came of deliveries and answers which are due: webhook_outcomes(), webhook_due()
-- arg outcomes json: a list
-- arg running bigints: those under way
-- arg free integer: so many more may be
-- col id bigint
-- col webhook_id bigint
-- col attempt integer
-- col event text
-- col sequence bigint
-- col body text
-- col url text
-- col secret text
SELECT id, webhook_id, attempt, event, sequence, body, url, secret
FROM webhook_turn($1::json, $2::bigint[], $3::integer)
