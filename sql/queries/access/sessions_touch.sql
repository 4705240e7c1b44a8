-- sessions_touch: the session was used. Repeating it changes nothing
-- arg id_hash text
-- arg seen_at usec
UPDATE sessions SET seen_at = from_us($2::bigint) WHERE id_hash = $1::text AND seen_at < from_us($2::bigint)
