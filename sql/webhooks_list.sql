-- webhooks_list: $1 user_id bigint  ->  {"webhooks": […]} without the secrets, oldest first
SELECT json_build_object('webhooks', coalesce(json_agg(json_build_object(
           'id', id, 'url', url, 'events', to_json(events), 'status', CASE WHEN is_failing THEN 'failing' ELSE 'active' END,
           'created_at', api_time(created_at)) ORDER BY id), '[]'))::text
FROM webhooks
WHERE user_id = $1::bigint
