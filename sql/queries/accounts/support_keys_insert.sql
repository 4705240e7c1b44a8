-- support_keys_insert: the one before it is void
-- arg user_id bigint
-- arg key_hash text
-- col expires_at text
SELECT api_time(support_key_begin($1::bigint, $2::text)) AS expires_at
