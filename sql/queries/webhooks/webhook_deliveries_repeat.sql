-- webhook_deliveries_repeat: {message}; it is due now and for 24 hours. No row: not this user's, or not that webhook's
-- arg user_id bigint
-- arg webhook_id bigint
-- arg delivery_id bigint
-- col answer json
UPDATE webhook_deliveries d
SET status = 'pending', tries = 0, next_attempt_at = now(), delivered_at = NULL,
    give_up_at = now() + interval '24 hours'
FROM webhooks w
WHERE w.id = d.webhook_id AND w.user_id = $1::bigint AND w.id = $2::bigint AND d.id = $3::bigint
RETURNING json_build_object('message', 'Delivery queued') AS answer
