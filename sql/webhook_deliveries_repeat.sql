-- webhook_deliveries_repeat: $1 user_id bigint, $2 webhook_id bigint, $3 delivery_id bigint  ->  {"message": …}; it is due now and for 24 hours; no row: not this user's, or not that webhook's
UPDATE webhook_deliveries d
SET status = 'pending', tries = 0, next_attempt_at = now(), delivered_at = NULL, give_up_at = now() + interval '24 hours'
FROM webhooks w
WHERE w.id = d.webhook_id AND w.user_id = $1::bigint AND w.id = $2::bigint AND d.id = $3::bigint
RETURNING json_build_object('message', 'Delivery queued')::text
