-- meetings_change: its settings are others
-- arg meeting_id text
-- arg settings json: and the title among them
UPDATE meetings SET title = $2::json ->> 'title', settings = ($2::jsonb - 'title')::json
WHERE meeting_id = $1::text
