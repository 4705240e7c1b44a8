-- meetings_activate: $1 meeting_id text, $2 started_at µs  ->  nothing; repeating it changes nothing
UPDATE meetings SET status = 'active', started_at = from_us($2::bigint)
WHERE meeting_id = $1::text AND status = 'scheduled'
