-- api_keys_delete: $1 id bigint, $2 user_id bigint  ->  key_hash; no row: it has no such key
DELETE FROM api_keys WHERE id = $1::bigint AND user_id = $2::bigint RETURNING key_hash
