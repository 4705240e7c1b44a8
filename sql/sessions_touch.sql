-- sessions_touch: $1 id_hash text, $2 seen_at µs  ->  nothing; repeating it changes nothing
UPDATE sessions SET seen_at = from_us($2::bigint) WHERE id_hash = $1::text AND seen_at < from_us($2::bigint)
