-- meetings_switch: $1 meeting_id text, $2 uses_sfu bool  ->  nothing
UPDATE meetings SET uses_sfu = $2::boolean WHERE meeting_id = $1::text
