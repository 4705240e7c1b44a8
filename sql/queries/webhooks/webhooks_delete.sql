-- webhooks_delete: {message}; its deliveries go with it. No row: not this user's
-- arg user_id bigint
-- arg webhook_id bigint
-- col answer json
DELETE FROM webhooks
WHERE user_id = $1::bigint AND id = $2::bigint
RETURNING json_build_object('message', 'Webhook deleted') AS answer
