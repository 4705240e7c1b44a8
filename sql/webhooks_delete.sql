-- webhooks_delete: $1 user_id bigint, $2 webhook_id bigint  ->  {"message": …}; its deliveries go with it; no row: not this user's
DELETE FROM webhooks
WHERE user_id = $1::bigint AND id = $2::bigint
RETURNING json_build_object('message', 'Webhook deleted')::text
