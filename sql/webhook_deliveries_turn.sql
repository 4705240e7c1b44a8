-- webhook_deliveries_turn: $1 outcomes json, $2 running bigint[], $3 free int  ->  id, webhook_id, attempt, event, sequence, body, url, secret of what is due; see webhook_outcomes() and webhook_due()
SELECT id, webhook_id, attempt, event, sequence, body, url, secret
FROM webhook_turn($1::json, $2::bigint[], $3::integer)
