-- webhooks_list: {webhooks: […]} without the secrets, the oldest first
-- arg user_id bigint
-- col answer json
SELECT json_build_object('webhooks', coalesce(json_agg(webhook_json(w, w.url) ORDER BY w.id), '[]')) AS answer
FROM webhooks w
WHERE w.user_id = $1::bigint
