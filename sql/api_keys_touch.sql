-- api_keys_touch: $1 id bigint, $2 last_used_at µs  ->  nothing; repeating it changes nothing
UPDATE api_keys SET last_used_at = from_us($2::bigint)
WHERE id = $1::bigint AND (last_used_at IS NULL OR last_used_at < from_us($2::bigint))
