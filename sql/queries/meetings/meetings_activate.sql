-- meetings_activate: a scheduled meeting has begun. Repeating it changes nothing
-- arg meeting_id text
-- arg started_at usec
UPDATE meetings SET status = 'active', started_at = from_us($2::bigint)
WHERE meeting_id = $1::text AND status = 'scheduled'
