-- How long a meeting has been attended is measured by a clock that can't be set; what was measured is kept with seen_at,
-- so that after a restart only the time in between is a difference of the wall clock.

CREATE TABLE meeting_attendance (
    meeting_id  text PRIMARY KEY REFERENCES meetings ON DELETE CASCADE,
    attended_us bigint NOT NULL -- from its start until seen_at
);

-- attended, seen: null: what the wall clock says, `at`. Repeating it changes nothing.
CREATE FUNCTION meeting_seen(meeting text, attended bigint, seen timestamptz, at timestamptz,
                             OUT owner bigint, OUT company bigint)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE meetings m SET seen_at = CASE WHEN attended IS NULL THEN greatest(m.seen_at, at) ELSE seen END
    WHERE m.meeting_id = meeting RETURNING m.owner_id, m.company_id INTO owner, company;
    IF owner IS NOT NULL AND attended IS NOT NULL THEN
        INSERT INTO meeting_attendance AS a VALUES (meeting, attended)
        ON CONFLICT (meeting_id) DO UPDATE SET attended_us = greatest(a.attended_us, excluded.attended_us);
    END IF;
END $$;

DROP FUNCTION meeting_joined(uuid, text, text, json, json, integer, timestamptz);
DROP FUNCTION meeting_left(uuid, text, text, json, timestamptz);

-- Somebody came into a meeting: kept for a restart of control, counted, reported. Repeating it changes nothing.
CREATE FUNCTION meeting_joined(event_key uuid, meeting text, participant text, kept json, data json, peak integer,
                               at timestamptz, attended bigint DEFAULT NULL, seen timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    m record;
BEGIN
    SELECT * INTO m FROM meeting_seen(meeting, attended, seen, at);
    IF m.owner IS NULL THEN
        RETURN;
    END IF;
    UPDATE meetings o SET peak_participants = greatest(o.peak_participants, peak) WHERE o.meeting_id = meeting;
    INSERT INTO meeting_participants VALUES (meeting, participant, kept) ON CONFLICT DO NOTHING;
    PERFORM webhook_event(event_key, meeting, m.owner, m.company, 'participant.joined', at, data);
END $$;

-- Somebody who was kept has left. Repeating it changes nothing.
CREATE FUNCTION meeting_left(event_key uuid, meeting text, participant text, data json, at timestamptz,
                             attended bigint DEFAULT NULL, seen timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    m record;
BEGIN
    DELETE FROM meeting_participants p WHERE p.meeting_id = meeting AND p.participant_id = participant;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO m FROM meeting_seen(meeting, attended, seen, at);
    PERFORM webhook_event(event_key, meeting, m.owner, m.company, 'participant.left', at, data);
END $$;

-- Somebody is in each of these: [[meeting_id, attended], …].
CREATE FUNCTION meetings_seen(list json, seen timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM meeting_seen(one ->> 0, (one ->> 1)::bigint, seen, NULL) FROM json_array_elements(list) AS one;
END $$;
