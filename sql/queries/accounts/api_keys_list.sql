-- api_keys_list: the account's keys, the newest first
-- arg user_id bigint
-- col answer json
SELECT json_build_object('keys', coalesce(json_agg(api_key_json(k) ORDER BY k.id DESC), '[]')) AS answer
FROM api_keys k
WHERE k.user_id = $1::bigint
