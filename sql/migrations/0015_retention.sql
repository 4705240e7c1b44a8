-- What strangers can make grow is thrown away when its time is over. Money, accounts and what they own stay.

CREATE INDEX meeting_history_of_guests ON meeting_history (ended_at) WHERE is_guest;
CREATE INDEX password_resets_by_end ON password_resets (expires_at);
CREATE INDEX support_keys_unused ON support_keys (expires_at) WHERE redeemed_at IS NULL;
CREATE INDEX admin_credits_by_age ON admin_credits (created_at);

-- The sums of analytics stay, but those of errors that have not been seen for 400 days. The lock is analytics_sum()'s:
-- nothing is summed while what it looks at goes. Answers the most rows that went from one table.
CREATE FUNCTION analytics_forget(days integer, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    today   date := utc_day(now());
    n       bigint;
    at_most bigint := 0;
    kinds   bigint[];
BEGIN
    DELETE FROM analytics_events
    WHERE id IN (SELECT e.id FROM analytics_events e WHERE e.created_at < now() - days * interval '1 day'
                 ORDER BY e.created_at LIMIT most);
    GET DIAGNOSTICS at_most = ROW_COUNT;
    DELETE FROM meeting_history
    WHERE id IN (SELECT h.id FROM meeting_history h WHERE h.is_guest AND h.ended_at < now() - days * interval '1 day'
                 ORDER BY h.ended_at LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    at_most := greatest(at_most, n);

    PERFORM pg_advisory_xact_lock(1869639025);
    DELETE FROM analytics_feature_actors
    WHERE (feature, actor) IN (SELECT a.feature, a.actor FROM analytics_feature_actors a WHERE a.last_day < today - days
                               ORDER BY a.last_day LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    at_most := greatest(at_most, n);
    DELETE FROM analytics_week_users -- a week is compared with its neighbours alone
    WHERE (week, user_id) IN (SELECT w.week, w.user_id FROM analytics_week_users w
                              WHERE w.week < utc_week(now()) - greatest(days, 28) ORDER BY w.week LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    at_most := greatest(at_most, n);

    kinds := array(SELECT k.id FROM analytics_error_kinds k
                   WHERE NOT EXISTS (SELECT FROM analytics_error_months m
                                     WHERE m.kind = k.id AND m.month >= today - greatest(days, 400))
                   LIMIT most);
    IF cardinality(kinds) > 0 THEN
        DELETE FROM analytics_error_days WHERE kind = ANY (kinds);
        DELETE FROM analytics_error_months WHERE kind = ANY (kinds);
        DELETE FROM analytics_error_kinds WHERE id = ANY (kinds);
    END IF;
    RETURN greatest(at_most, cardinality(kinds));
END $$;

-- Up to `most` rows of each table. analytics_days 0: analytics are kept. Answers the most rows that went from one table:
-- `most` says that there may be more.
CREATE FUNCTION rows_forget(analytics_days integer, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n       bigint;
    at_most bigint := 0;
BEGIN
    IF analytics_days > 0 THEN
        at_most := analytics_forget(analytics_days, most);
    END IF;
    DELETE FROM sessions
    WHERE id_hash IN (SELECT s.id_hash FROM sessions s WHERE s.seen_at < now() - interval '30 days' LIMIT most)
      AND seen_at < now() - interval '30 days';
    GET DIAGNOSTICS n = ROW_COUNT;
    at_most := greatest(at_most, n);
    DELETE FROM password_resets
    WHERE token_hash IN (SELECT r.token_hash FROM password_resets r
                         WHERE r.expires_at < now() - interval '1 day' LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    at_most := greatest(at_most, n);
    DELETE FROM support_keys
    WHERE key_hash IN (SELECT k.key_hash FROM support_keys k
                       WHERE k.redeemed_at IS NULL AND k.expires_at < now() - interval '1 day' LIMIT most)
      AND redeemed_at IS NULL;
    GET DIAGNOSTICS n = ROW_COUNT;
    at_most := greatest(at_most, n);
    DELETE FROM admin_credits
    WHERE key_hash IN (SELECT a.key_hash FROM admin_credits a WHERE a.created_at < now() - interval '90 days' LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN greatest(at_most, n);
END $$;
