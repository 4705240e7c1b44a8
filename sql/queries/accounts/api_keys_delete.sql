-- api_keys_delete: no row: the account has no such key
-- arg id bigint
-- arg user_id bigint
-- col key_hash text
DELETE FROM api_keys WHERE id = $1::bigint AND user_id = $2::bigint RETURNING key_hash
