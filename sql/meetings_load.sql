-- meetings_load: $1 after this meeting_id text, $2 most rows int  ->  meeting_id, owner_id, company_id|null, title, admin_token_hash, settings json, is_scheduled bool, scheduled_at µs|null, created_at µs, started_at µs, peak_participants, seen_at µs|null, uses_sfu bool, invites json array, participants json: an array of [participant_id, payload]; by meeting_id
SELECT m.meeting_id, m.owner_id, m.company_id, m.title, m.admin_token_hash, m.settings, m.status = 'scheduled',
       to_us(m.scheduled_at), to_us(m.created_at), to_us(m.started_at), m.peak_participants, to_us(m.seen_at),
       m.uses_sfu, array_to_json(m.invites),
       (SELECT coalesce(json_agg(json_build_array(p.participant_id, p.payload)
                                 ORDER BY (p.payload ->> 'joinedAt')::bigint, p.participant_id), '[]')
        FROM meeting_participants p WHERE p.meeting_id = m.meeting_id)
FROM meetings m
WHERE m.meeting_id > $1::text
ORDER BY m.meeting_id
LIMIT $2::integer
