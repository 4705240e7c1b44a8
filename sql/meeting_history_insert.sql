-- meeting_history_insert: $1 ended_key uuid, $2 meeting_id text, $3 is_guest bool, $4 owner_id bigint|null, $5 company_id bigint|null, $6 title text, $7 started_at µs, $8 ended_at µs, $9 duration_minutes numeric, $10 peak_participants int, $11 cost_usd numeric  ->  nothing; repeating it changes nothing
INSERT INTO meeting_history (ended_key, meeting_id, is_guest, owner_id, company_id, title, started_at, ended_at,
                             duration_minutes, peak_participants, cost_usd)
VALUES ($1::uuid, $2::text, $3::boolean, $4::bigint, $5::bigint, $6::text,
        timestamptz 'epoch' + $7::bigint * interval '1 microsecond',
        timestamptz 'epoch' + $8::bigint * interval '1 microsecond',
        $9::numeric, $10::integer, $11::numeric)
ON CONFLICT (ended_key) DO NOTHING
