-- support_keys_insert: $1 user_id bigint, $2 key_hash text  ->  expires_at; the one before it is void
SELECT api_time(support_key_begin($1::bigint, $2::text))
