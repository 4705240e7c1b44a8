-- meetings_change: $1 meeting_id text, $2 json: the settings, and the title  ->  nothing
UPDATE meetings SET title = $2::json ->> 'title', settings = ($2::jsonb - 'title')::json
WHERE meeting_id = $1::text
