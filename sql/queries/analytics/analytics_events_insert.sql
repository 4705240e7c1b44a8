-- analytics_events_insert: what somebody did. Repeating it changes nothing
-- arg event_id uuid
-- arg event_type text
-- arg meta jsonb: an object
-- arg user_id bigint null: the account
-- arg actor text null: who did it: the account or a participant
-- arg created_at usec
INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at)
VALUES ($1::uuid, $2::text, $3::jsonb, $4::bigint, $5::text,
        timestamptz 'epoch' + $6::bigint * interval '1 microsecond')
ON CONFLICT (event_id) DO NOTHING
