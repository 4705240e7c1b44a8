-- How webhooks and mails are delivered: what of the two queues is due, and what became of each attempt. One process
-- works on a queue. It keeps what is under way in memory alone, so that after a crash that is due again: at least once.

-- The pause before the next attempt: doubling from `first` to `most`, shortened by up to a quarter at random.
CREATE FUNCTION retry_pause(tries integer, first interval, most interval) RETURNS interval LANGUAGE sql VOLATILE AS
$$ SELECT least(first * power(2, least(greatest(tries, 1), 30) - 1), most) * (0.75 + 0.25 * random()) $$;

ALTER TABLE webhooks
    ADD COLUMN is_failing boolean NOT NULL DEFAULT false, -- its latest attempt failed
    ADD COLUMN is_quick   boolean NOT NULL DEFAULT false; -- its latest attempt succeeded within a second

ALTER TABLE webhook_deliveries
    ADD COLUMN tries      integer     NOT NULL DEFAULT 0, -- attempts since it was queued or asked for again
    ADD COLUMN took_ms    integer,                        -- the last attempt
    ADD COLUMN give_up_at timestamptz NOT NULL DEFAULT now() + interval '24 hours';
DROP INDEX webhook_deliveries_due;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_over ON webhook_deliveries (created_at) WHERE status <> 'pending';

-- A new webhook; nothing when the account has as many as it may.
CREATE FUNCTION webhook_new(the_user bigint, new_url text, new_events json, new_secret text, most integer)
RETURNS SETOF webhooks LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = the_user FOR NO KEY UPDATE; -- two at once are counted one after the other
    RETURN QUERY
    INSERT INTO webhooks (user_id, url, events, secret)
    SELECT the_user, new_url, array(SELECT e FROM json_array_elements_text(new_events) WITH ORDINALITY t (e, n)
                                    GROUP BY e ORDER BY min(n)), new_secret
    WHERE (SELECT count(*) FROM webhooks w WHERE w.user_id = the_user) < most
    RETURNING *;
END $$;

-- What came of attempts: [{"id", "webhook", "attempt", "ok", "status", "error", "took"}]. Repeating it changes nothing.
-- Deliveries of one meeting to one webhook go out in order: those behind one that failed wait for its next attempt.
CREATE FUNCTION webhook_outcomes(outcomes json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o record;
    d webhook_deliveries;
BEGIN
    FOR o IN
        SELECT * FROM json_to_recordset(outcomes)
                      AS t (id bigint, webhook bigint, attempt integer, ok boolean, status integer, error text, took integer)
        ORDER BY t.webhook, t.id
    LOOP
        -- The webhook first, as deleting it does: so neither waits for the other in a circle.
        UPDATE webhooks w SET is_failing = NOT o.ok, is_quick = o.ok AND o.took <= 1000 WHERE w.id = o.webhook;
        UPDATE webhook_deliveries w
        SET attempts = o.attempt, tries = w.tries + 1, response_status = o.status, error = o.error, took_ms = o.took,
            status = CASE WHEN o.ok THEN 'delivered' WHEN now() >= w.give_up_at THEN 'failed' ELSE 'pending' END,
            delivered_at = CASE WHEN o.ok THEN now() END,
            next_attempt_at = least(now() + retry_pause(w.tries + 1, '1 second', '4 hours'),
                                    greatest(w.give_up_at, now()))
        WHERE w.id = o.id AND w.status = 'pending' AND w.attempts < o.attempt
        RETURNING * INTO d;
        CONTINUE WHEN d.id IS NULL;
        IF d.status = 'pending' THEN
            UPDATE webhook_deliveries w SET next_attempt_at = d.next_attempt_at
            WHERE w.webhook_id = d.webhook_id AND w.meeting_id = d.meeting_id AND w.status = 'pending'
              AND w.sequence > d.sequence AND w.next_attempt_at < d.next_attempt_at;
        ELSE
            UPDATE webhook_deliveries w SET next_attempt_at = now()
            WHERE w.next_attempt_at > now()
              AND w.id = (SELECT n.id FROM webhook_deliveries n
                          WHERE n.webhook_id = d.webhook_id AND n.meeting_id = d.meeting_id AND n.status = 'pending'
                          ORDER BY n.sequence LIMIT 1);
        END IF;
    END LOOP;
END $$;

-- Up to `free` deliveries that are due, besides the running ones: the first of each webhook and meeting, at most 4 at
-- a time to one webhook and 8 to one account; accounts with less under way come first. Receivers that aren't known to
-- answer within a second get 1 at a time, and half of all places at most, so that they can't keep the others waiting.
CREATE FUNCTION webhook_due(running bigint[], free integer)
RETURNS TABLE (id bigint, webhook_id bigint, attempt integer, event text, sequence bigint, body text, url text, secret text)
LANGUAGE sql VOLATILE AS $$
    WITH RECURSIVE busy (id) AS ( -- webhooks with something pending, by leaps over the index
        (SELECT d.webhook_id FROM webhook_deliveries d WHERE d.status = 'pending' ORDER BY d.webhook_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.webhook_id FROM webhook_deliveries d
                WHERE d.status = 'pending' AND d.webhook_id > b.id ORDER BY d.webhook_id LIMIT 1)
        FROM busy b WHERE b.id IS NOT NULL
    ), now_running AS (
        SELECT d.webhook_id, w.user_id, w.is_quick FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
        WHERE d.id = ANY (running)
    ), candidates AS (
        SELECT d.*, w.url, w.secret, w.is_quick,
               row_number() OVER (PARTITION BY w.user_id ORDER BY d.next_attempt_at, d.id)
                   + (SELECT count(*) FROM now_running r WHERE r.user_id = w.user_id) AS of_account
        FROM busy b
        JOIN webhooks w ON w.id = b.id
        CROSS JOIN LATERAL (
            SELECT p.* FROM webhook_deliveries p
            WHERE p.webhook_id = w.id AND p.status = 'pending' AND p.next_attempt_at <= now() AND p.id <> ALL (running)
              AND p.sequence = (SELECT e.sequence FROM webhook_deliveries e -- one leap over the index for each row
                                WHERE e.webhook_id = p.webhook_id AND e.meeting_id = p.meeting_id AND e.status = 'pending'
                                ORDER BY e.sequence LIMIT 1)
            ORDER BY p.next_attempt_at
            LIMIT greatest(0, CASE WHEN w.is_quick THEN 4 ELSE 1 END
                              - (SELECT count(*) FROM now_running r WHERE r.webhook_id = w.id))
        ) d
    )
    SELECT c.id, c.webhook_id, c.attempts + 1, c.event, c.sequence, c.body, c.url, c.secret
    FROM (SELECT *, row_number() OVER (PARTITION BY is_quick ORDER BY of_account, next_attempt_at, candidates.id)
                        + (SELECT count(*) FROM now_running r WHERE r.is_quick = candidates.is_quick) AS of_kind
          FROM candidates WHERE of_account <= 8) c
    WHERE c.is_quick OR c.of_kind <= (free + cardinality(running)) / 2
    ORDER BY c.of_account, c.next_attempt_at, c.id
    LIMIT free
$$;

-- Both in one: what is due now that this is known.
CREATE FUNCTION webhook_turn(outcomes json, running bigint[], free integer)
RETURNS TABLE (id bigint, webhook_id bigint, attempt integer, event text, sequence bigint, body text, url text, secret text)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM webhook_outcomes(outcomes);
    RETURN QUERY SELECT * FROM webhook_due(running, free);
END $$;

-- Mails. key: a request that is repeated with it sends no second mail.
ALTER TABLE mail_queue ADD COLUMN key uuid NOT NULL DEFAULT gen_random_uuid();

-- A link to set a new password works for an hour.
CREATE FUNCTION mail_give_up_at(m mail_queue) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT m.created_at + CASE m.template WHEN 'password_reset' THEN interval '1 hour' ELSE interval '24 hours' END $$;

-- Outcomes: [{"id", "attempt", "over"}]; over: it was sent, or given up. Repeating them changes nothing. Answers up to
-- `free` mails that are due, besides the running ones; is_last: its time is over, there is no attempt after this one.
CREATE FUNCTION mail_turn(outcomes json, running bigint[], free integer)
RETURNS TABLE (id bigint, attempt integer, is_last boolean, key uuid, recipient text, template text, data json)
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mail_queue m USING json_to_recordset(outcomes) AS o (id bigint, over boolean)
    WHERE m.id = o.id AND o.over;
    UPDATE mail_queue m
    SET attempts = o.attempt,
        next_at = least(now() + retry_pause(o.attempt, '2 seconds', '1 hour'), greatest(mail_give_up_at(m), now()))
    FROM json_to_recordset(outcomes) AS o (id bigint, attempt integer, over boolean)
    WHERE m.id = o.id AND NOT o.over AND m.attempts < o.attempt;
    RETURN QUERY
    SELECT m.id, m.attempts + 1, now() >= mail_give_up_at(m), m.key, m.recipient, m.template, m.data
    FROM mail_queue m
    WHERE m.next_at <= now() AND m.id <> ALL (running)
    ORDER BY m.next_at, m.id
    LIMIT free;
END $$;
