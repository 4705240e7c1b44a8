-- Meetings made by API, as they are now (API documentation §3-7), so that they outlive control; what has ended is in
-- meeting_history. Webhooks and their outbox (§9): a delivery is queued in the transaction of what it reports.

CREATE TABLE meetings (
    meeting_id        text PRIMARY KEY,
    owner_id          bigint      NOT NULL REFERENCES users,
    company_id        bigint REFERENCES companies,
    title             text        NOT NULL,
    admin_token_hash  text        NOT NULL,
    settings          json        NOT NULL, -- muteOnJoin, videoOffOnJoin, maxParticipants, locked, waitingRoom, topology
    status            text        NOT NULL CHECK (status IN ('scheduled', 'active')),
    scheduled_at      timestamptz,
    created_at        timestamptz NOT NULL,
    started_at        timestamptz NOT NULL, -- of a scheduled one: when it is to start
    peak_participants integer     NOT NULL DEFAULT 0,
    seen_at           timestamptz,          -- when somebody was last known to be in it; null: nobody ever was
    uses_sfu          boolean     NOT NULL DEFAULT false,
    invites           text[]      NOT NULL DEFAULT '{}', -- unspent ones, as SHA-256 in hex
    sequence          bigint      NOT NULL DEFAULT 0     -- of its last webhook event
);
CREATE INDEX meetings_by_owner ON meetings (owner_id);
CREATE INDEX meetings_by_company ON meetings (company_id) WHERE company_id IS NOT NULL;

CREATE TABLE meeting_participants (
    meeting_id     text NOT NULL REFERENCES meetings ON DELETE CASCADE,
    participant_id text NOT NULL,
    payload        json NOT NULL, -- what the meeting needs to bring it back after a restart of control
    PRIMARY KEY (meeting_id, participant_id)
);

CREATE TABLE webhooks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    url        text        NOT NULL,
    events     text[]      NOT NULL,
    secret     text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_by_user ON webhooks (user_id);

CREATE TABLE webhook_deliveries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id      bigint      NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_id        uuid        NOT NULL,
    event           text        NOT NULL,
    meeting_id      text        NOT NULL,
    sequence        bigint      NOT NULL, -- counts the meeting's events
    body            text        NOT NULL, -- exactly what is signed and sent
    status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    response_status integer,
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    delivered_at    timestamptz,
    UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, meeting_id, sequence) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, id DESC);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event_id);

-- Queues an event of a meeting for every webhook of its owner, or of its owner's company. Repeating it changes nothing.
CREATE FUNCTION webhook_event(event_key uuid, meeting text, owner bigint, company bigint, name text, at timestamptz, data json)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
    body    text;
BEGIN
    IF EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = event_key) THEN
        RETURN;
    END IF;
    UPDATE meetings m SET sequence = m.sequence + 1 WHERE m.meeting_id = meeting RETURNING m.sequence INTO counted;
    IF counted IS NULL THEN
        RETURN; -- it has ended: that was its last event
    END IF;
    body := json_build_object('event', name, 'meetingId', meeting, 'timestamp', to_us(at) / 1000, 'data', data,
                              'sequence', counted)::text;
    INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body)
    SELECT w.id, event_key, name, meeting, counted, body
    FROM webhooks w JOIN users u ON u.id = w.user_id
    WHERE name = ANY (w.events) AND (u.id = owner OR (company IS NOT NULL AND u.company_id = company))
    FOR KEY SHARE OF w SKIP LOCKED; -- one that is being deleted is told no more, and can't make this fail
END $$;

-- Everything that the end of a meeting causes, once: its row in the history, the charge, the last webhook event, the
-- analytics event. A guest meeting has history and analytics only. Repeating it changes nothing.
CREATE FUNCTION meeting_end(ended_key uuid, meeting text, guest boolean, owner bigint, company bigint, title text,
                            started timestamptz, ended timestamptz, minutes numeric, peak integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    cost numeric(14, 4) := 0;
    kept bigint;
BEGIN
    IF NOT guest THEN
        PERFORM FROM meetings m WHERE m.meeting_id = meeting FOR UPDATE;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        IF company IS NULL THEN -- whoever joined one meanwhile has no credit of its own any more
            SELECT u.company_id INTO company FROM users u WHERE u.id = owner FOR UPDATE;
        END IF;
        cost := round(minutes * peak * rate_per_minute(), 4);
    END IF;
    INSERT INTO meeting_history (ended_key, meeting_id, is_guest, owner_id, company_id, title, started_at, ended_at,
                                 duration_minutes, peak_participants, cost_usd)
    VALUES (ended_key, meeting, guest, owner, company, title, started, ended, minutes, peak, cost)
    ON CONFLICT ON CONSTRAINT meeting_history_ended_key_key DO NOTHING
    RETURNING id INTO kept;
    IF kept IS NULL THEN
        RETURN;
    END IF;
    IF cost > 0 THEN
        PERFORM account_change(owner, company, -cost, 'meeting_charge',
                               format('Meeting %s (%sm, %s participants)', meeting, trim_scale(minutes), peak),
                               'meeting:' || ended_key);
    END IF;
    IF NOT guest THEN
        PERFORM webhook_event(ended_key, meeting, owner, company, 'meeting.ended', ended,
                              json_build_object('title', title, 'durationMinutes', trim_scale(minutes),
                                                'peakParticipants', peak, 'costUsd', cost::text));
        DELETE FROM meetings m WHERE m.meeting_id = meeting;
    END IF;
    INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at)
    VALUES (ended_key, 'meeting.ended',
            jsonb_build_object('durationMinutes', trim_scale(minutes), 'peakParticipants', peak, 'costUsd', cost::text),
            owner, NULL, ended)
    ON CONFLICT DO NOTHING;
END $$;

-- A new meeting of an account, if there is credit to hold it, fewer than `most` of the user's are live, and the id was
-- never used. outcome: created, credit, many, taken, gone (the account). company: whose it is besides, or null.
CREATE FUNCTION meeting_create(the_user bigint, meeting text, title text, token_hash text, wanted json,
                               scheduled timestamptz, created timestamptz, most integer,
                               OUT outcome text, OUT company bigint)
LANGUAGE plpgsql AS $$
DECLARE
    credit numeric(14, 4);
BEGIN
    SELECT u.company_id, coalesce(c.balance, u.balance) INTO company, credit
    FROM users u LEFT JOIN companies c ON c.id = u.company_id WHERE u.id = the_user;
    IF NOT FOUND THEN
        outcome := 'gone';
    ELSIF credit <= 0 THEN
        outcome := 'credit';
    ELSIF (SELECT count(*) FROM meetings m WHERE m.owner_id = the_user) >= most THEN
        outcome := 'many';
    ELSIF EXISTS (SELECT FROM meeting_history h WHERE h.meeting_id = meeting) THEN
        outcome := 'taken';
    ELSE
        INSERT INTO meetings (meeting_id, owner_id, company_id, title, admin_token_hash, settings, status,
                              scheduled_at, created_at, started_at)
        VALUES (meeting, the_user, company, title, token_hash, wanted,
                CASE WHEN scheduled IS NULL THEN 'active' ELSE 'scheduled' END,
                scheduled, created, coalesce(scheduled, created))
        ON CONFLICT DO NOTHING;
        outcome := CASE WHEN FOUND THEN 'created' ELSE 'taken' END;
    END IF;
END $$;

-- Somebody came into a meeting: kept for a restart of control, counted, reported. Repeating it changes nothing.
CREATE FUNCTION meeting_joined(event_key uuid, meeting text, participant text, kept json, data json, peak integer,
                               at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner   bigint;
    company bigint;
BEGIN
    UPDATE meetings m SET peak_participants = greatest(m.peak_participants, peak), seen_at = greatest(m.seen_at, at)
    WHERE m.meeting_id = meeting RETURNING m.owner_id, m.company_id INTO owner, company;
    IF owner IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO meeting_participants VALUES (meeting, participant, kept) ON CONFLICT DO NOTHING;
    PERFORM webhook_event(event_key, meeting, owner, company, 'participant.joined', at, data);
END $$;

-- Somebody who was kept has left. Repeating it changes nothing.
CREATE FUNCTION meeting_left(event_key uuid, meeting text, participant text, data json, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner   bigint;
    company bigint;
BEGIN
    DELETE FROM meeting_participants p WHERE p.meeting_id = meeting AND p.participant_id = participant;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE meetings m SET seen_at = greatest(m.seen_at, at)
    WHERE m.meeting_id = meeting RETURNING m.owner_id, m.company_id INTO owner, company;
    PERFORM webhook_event(event_key, meeting, owner, company, 'participant.left', at, data);
END $$;
