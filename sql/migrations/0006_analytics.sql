-- What the analytics endpoints answer from (API documentation §18): sums that are kept as events are stored, so that a
-- question reads a few thousand rows however many events there are. A statement's events are summed at its end, in its
-- transaction; an event that is stored twice is counted once. Events are summed when they are inserted and never again:
-- deleting old ones leaves the sums. Days, hours and weeks are UTC.

CREATE TABLE analytics_feature_days (
    feature text    NOT NULL, -- event_type without "feature."
    day     date    NOT NULL,
    uses    bigint  NOT NULL,
    PRIMARY KEY (feature, day)
) WITH (fillfactor = 50);

-- Everybody who ever used a feature, and when last: who used it since a day are those whose last day isn't before it,
-- and analytics_feature_last_days has them counted.
CREATE TABLE analytics_feature_actors (
    feature  text NOT NULL,
    actor    text NOT NULL,
    last_day date NOT NULL,
    PRIMARY KEY (feature, actor)
);
CREATE INDEX analytics_feature_actors_by_day ON analytics_feature_actors (last_day); -- to forget old ones

CREATE TABLE analytics_feature_last_days (
    feature text   NOT NULL,
    day     date   NOT NULL,
    actors  bigint NOT NULL,
    PRIMARY KEY (feature, day)
) WITH (fillfactor = 50);

-- Errors by their words, which are many days' and much longer than a number.
CREATE TABLE analytics_error_kinds (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_type text NOT NULL,
    route      text NOT NULL,
    message    text NOT NULL,
    UNIQUE (event_type, route, message)
);

CREATE TABLE analytics_error_days (
    day       date        NOT NULL,
    kind      bigint      NOT NULL, -- analytics_error_kinds.id
    n         integer     NOT NULL,
    last_seen timestamptz NOT NULL,
    PRIMARY KEY (day, kind)
) WITH (fillfactor = 70);

-- The same by months, from their first days: a year of many kinds of errors is a month of days and eleven of these.
CREATE TABLE analytics_error_months (
    month     date        NOT NULL,
    kind      bigint      NOT NULL,
    n         integer     NOT NULL,
    last_seen timestamptz NOT NULL,
    PRIMARY KEY (month, kind)
) WITH (fillfactor = 70);

-- Meetings by the hour that they start in: of a scheduled one that is known in advance, so hours may be to come.
CREATE TABLE analytics_meeting_hours (
    day  date     NOT NULL,
    hour smallint NOT NULL,
    n    bigint   NOT NULL,
    PRIMARY KEY (day, hour)
) WITH (fillfactor = 50);

-- The accounts with an event in the week that begins on this Monday.
CREATE TABLE analytics_week_users (
    week    date   NOT NULL,
    user_id bigint NOT NULL,
    PRIMARY KEY (week, user_id)
);

CREATE TABLE analytics_weeks (
    week     date   PRIMARY KEY,
    users    bigint NOT NULL,
    retained bigint NOT NULL -- of them had an event in the week before, too
) WITH (fillfactor = 50);

CREATE FUNCTION utc_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS
$$ SELECT (at AT TIME ZONE 'UTC')::date $$;

CREATE FUNCTION utc_week(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS
$$ SELECT date_trunc('week', at AT TIME ZONE 'UTC')::date $$;

-- When a meeting that was created starts: scheduledAt of its meta (ms since 1970), where it can be read, else at once.
CREATE FUNCTION analytics_start(meta jsonb, created timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(from_us((meta ->> 'scheduledAt')::bigint * 1000), created);
EXCEPTION WHEN data_exception THEN
    RETURN created;
END $$;

-- One writer at a time sums, until its transaction ends: sums are rows that everybody changes anyway, so nobody waits
-- for longer than that, nobody waits in a circle, and who is summed next sees all that was summed before.
CREATE FUNCTION analytics_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM fresh) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(1869639025);

    IF EXISTS (SELECT FROM fresh WHERE event_type LIKE 'feature.%') THEN
        INSERT INTO analytics_feature_days AS d (feature, day, uses)
        SELECT substr(event_type, 9), utc_day(created_at), count(*)
        FROM fresh WHERE event_type LIKE 'feature.%' GROUP BY 1, 2
        ON CONFLICT (feature, day) DO UPDATE SET uses = d.uses + EXCLUDED.uses;

        WITH seen AS (
            SELECT substr(event_type, 9) AS feature, actor, utc_day(max(created_at)) AS day
            FROM fresh WHERE event_type LIKE 'feature.%' AND actor IS NOT NULL GROUP BY 1, 2
        ), later AS MATERIALIZED (
            SELECT s.feature, s.actor, s.day, a.last_day AS before
            FROM seen s LEFT JOIN analytics_feature_actors a ON a.feature = s.feature AND a.actor = s.actor
            WHERE a.last_day IS NULL OR a.last_day < s.day
        ), stored AS (
            INSERT INTO analytics_feature_actors (feature, actor, last_day)
            SELECT feature, actor, day FROM later
            ON CONFLICT (feature, actor) DO UPDATE SET last_day = EXCLUDED.last_day
        ), changes AS (
            SELECT feature, day, 1 AS n FROM later
            UNION ALL
            SELECT feature, before, -1 FROM later WHERE before IS NOT NULL
        )
        INSERT INTO analytics_feature_last_days AS d (feature, day, actors)
        SELECT feature, day, sum(n) FROM changes GROUP BY 1, 2
        ON CONFLICT (feature, day) DO UPDATE SET actors = d.actors + EXCLUDED.actors;
    END IF;

    IF EXISTS (SELECT FROM fresh WHERE event_type LIKE 'error.%') THEN
        WITH wrong AS MATERIALIZED (
            SELECT left(event_type, 64) AS event_type, left(coalesce(meta ->> 'route', ''), 128) AS route,
                   left(coalesce(meta ->> 'message', ''), 300) AS message, utc_day(created_at) AS day,
                   count(*) AS n, max(created_at) AS last_seen
            FROM fresh WHERE event_type LIKE 'error.%' GROUP BY 1, 2, 3, 4
        ), known AS MATERIALIZED (
            SELECT k.* FROM (SELECT DISTINCT event_type, route, message FROM wrong) AS w
            JOIN analytics_error_kinds k USING (event_type, route, message)
        ), added AS (
            INSERT INTO analytics_error_kinds (event_type, route, message)
            SELECT event_type, route, message FROM wrong EXCEPT SELECT event_type, route, message FROM known
            RETURNING *
        ), kinds AS (
            SELECT * FROM known UNION ALL SELECT * FROM added
        ), counted AS MATERIALIZED (
            SELECT w.day, k.id AS kind, w.n, w.last_seen FROM wrong w JOIN kinds k USING (event_type, route, message)
        ), days AS (
            INSERT INTO analytics_error_days AS d (day, kind, n, last_seen)
            SELECT day, kind, n, last_seen FROM counted
            ON CONFLICT (day, kind)
            DO UPDATE SET n = d.n + EXCLUDED.n, last_seen = greatest(d.last_seen, EXCLUDED.last_seen)
        )
        INSERT INTO analytics_error_months AS m (month, kind, n, last_seen)
        SELECT date_trunc('month', day::timestamp)::date, kind, sum(n), max(last_seen) FROM counted GROUP BY 1, 2
        ON CONFLICT (month, kind)
        DO UPDATE SET n = m.n + EXCLUDED.n, last_seen = greatest(m.last_seen, EXCLUDED.last_seen);
    END IF;

    IF EXISTS (SELECT FROM fresh WHERE event_type = 'meeting.created') THEN
        INSERT INTO analytics_meeting_hours AS h (day, hour, n)
        SELECT utc_day(start), extract(hour FROM start AT TIME ZONE 'UTC'), count(*)
        FROM (SELECT CASE WHEN meta ? 'scheduledAt' THEN analytics_start(meta, created_at) ELSE created_at END AS start
              FROM fresh WHERE event_type = 'meeting.created') AS created
        GROUP BY 1, 2
        ON CONFLICT (day, hour) DO UPDATE SET n = h.n + EXCLUDED.n;
    END IF;

    IF EXISTS (SELECT FROM fresh WHERE user_id IS NOT NULL) THEN
        WITH active AS (
            INSERT INTO analytics_week_users (week, user_id)
            SELECT DISTINCT utc_week(created_at), user_id FROM fresh WHERE user_id IS NOT NULL
            ON CONFLICT DO NOTHING
            RETURNING week, user_id
        ), known AS ( -- as it was before this statement, and what it added
            SELECT week, user_id FROM analytics_week_users
            WHERE (week, user_id) IN (SELECT week - 7, user_id FROM active UNION SELECT week + 7, user_id FROM active)
            UNION
            SELECT week, user_id FROM active
        ), changes AS (
            SELECT week, 1 AS users, 0 AS retained FROM active
            UNION ALL -- it is here now, and was in the week before
            SELECT a.week, 0, 1 FROM active a JOIN known k ON k.week = a.week - 7 AND k.user_id = a.user_id
            UNION ALL -- it was in the next week before it was here
            SELECT a.week + 7, 0, 1 FROM active a JOIN known k ON k.week = a.week + 7 AND k.user_id = a.user_id
            WHERE NOT EXISTS (SELECT FROM active b WHERE b.week = a.week + 7 AND b.user_id = a.user_id)
        )
        INSERT INTO analytics_weeks AS w (week, users, retained)
        SELECT week, sum(users), sum(retained) FROM changes GROUP BY 1
        ON CONFLICT (week) DO UPDATE SET users = w.users + EXCLUDED.users, retained = w.retained + EXCLUDED.retained;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER analytics_events_sum AFTER INSERT ON analytics_events
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION analytics_sum();

-- The events of before go through the same door.
SET LOCAL statement_timeout = 0;
CREATE TEMPORARY TABLE analytics_before ON COMMIT DROP AS SELECT * FROM analytics_events;
TRUNCATE analytics_events;
INSERT INTO analytics_events OVERRIDING SYSTEM VALUE SELECT * FROM analytics_before ORDER BY id;
