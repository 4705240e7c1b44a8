-- analytics_events_insert: $1 event_id uuid, $2 event_type text, $3 meta json, $4 user_id bigint|null, $5 actor text|null, $6 created_at µs  ->  nothing; repeating it changes nothing
INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at)
VALUES ($1::uuid, $2::text, $3::jsonb, $4::bigint, $5::text, timestamptz 'epoch' + $6::bigint * interval '1 microsecond')
ON CONFLICT (event_id) DO NOTHING
