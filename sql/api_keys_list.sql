-- api_keys_list: $1 user_id bigint  ->  its keys as json, the newest first
SELECT json_build_object('keys', coalesce(json_agg(json_build_object(
    'id', k.id, 'key', k.shown, 'label', k.label, 'is_active', k.is_active, 'last_used_at', api_time(k.last_used_at),
    'created_at', api_time(k.created_at)) ORDER BY k.id DESC), '[]'))
FROM api_keys k
WHERE k.user_id = $1::bigint
