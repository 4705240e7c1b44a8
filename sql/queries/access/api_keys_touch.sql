-- api_keys_touch: the key was used. Repeating it changes nothing
-- arg id bigint
-- arg last_used_at usec
UPDATE api_keys SET last_used_at = from_us($2::bigint)
WHERE id = $1::bigint AND (last_used_at IS NULL OR last_used_at < from_us($2::bigint))
