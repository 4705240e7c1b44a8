-- meetings_load: a page of all that are kept, by meeting_id
-- arg after_id text: the last one of the page before
-- arg most integer: rows
-- col meeting_id text
-- col owner_id bigint
-- col company_id bigint null
-- col payer_company_id bigint null: that one, or the one that its owner has joined since
-- col title text
-- col admin_token_hash text
-- col settings json
-- col is_scheduled boolean
-- col scheduled_at usec null
-- col created_at usec
-- col started_at usec
-- col peak_participants integer
-- col seen_at usec null: when somebody was last known to be in it
-- col attended bigint null: from its start until then, in µs as they were measured
-- col uses_sfu boolean
-- col invites json: a list of hashes
-- col participants json: a list of [participant_id, payload]
SELECT m.meeting_id, m.owner_id, m.company_id, coalesce(m.company_id, u.company_id) AS payer_company_id, m.title, m.admin_token_hash, m.settings,
       m.status = 'scheduled' AS is_scheduled, to_us(m.scheduled_at) AS scheduled_at, to_us(m.created_at) AS created_at,
       to_us(m.started_at) AS started_at, m.peak_participants, to_us(m.seen_at) AS seen_at,
       a.attended_us AS attended, m.uses_sfu,
       array_to_json(m.invites) AS invites,
       (SELECT coalesce(json_agg(json_build_array(p.participant_id, p.payload)
                                 ORDER BY (p.payload ->> 'joinedAt')::bigint, p.participant_id), '[]')
        FROM meeting_participants p WHERE p.meeting_id = m.meeting_id) AS participants
FROM meetings m JOIN users u ON u.id = m.owner_id LEFT JOIN meeting_attendance a ON a.meeting_id = m.meeting_id
WHERE m.meeting_id > $1::text
ORDER BY m.meeting_id
LIMIT $2::integer
