-- The objects of the API's answers that more than one of them shows: each is written here, once.

-- A meeting that has ended.
CREATE FUNCTION history_json(h meeting_history) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'id', h.id, 'meeting_id', h.meeting_id, 'title', h.title, 'started_at', api_time(h.started_at),
    'ended_at', api_time(h.ended_at), 'duration_minutes', h.duration_minutes::text,
    'peak_participants', h.peak_participants, 'cost_usd', h.cost_usd::text)
$$;

-- An account, as administrators see it. c: its company; null: it has none.
CREATE FUNCTION account_json(u users, c companies) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'id', u.id, 'email', u.email, 'accountType', u.account_type, 'company_id', u.company_id, 'companyName', c.name,
    'balance', coalesce(c.balance, u.balance)::text, 'is_admin', u.is_admin, 'created_at', api_time(u.created_at))
$$;

CREATE FUNCTION api_key_json(k api_keys) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'id', k.id, 'key', k.shown, 'label', k.label, 'is_active', k.is_active,
    'last_used_at', api_time(k.last_used_at), 'created_at', api_time(k.created_at))
$$;

-- A movement of a balance.
CREATE FUNCTION transaction_json(t transactions) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'id', t.id, 'amount_usd', t.amount_usd::text, 'type', t.type, 'description', t.description,
    'created_at', api_time(t.created_at))
$$;

-- A webhook without its secret. url: as much of it as whoever asks may see.
CREATE FUNCTION webhook_json(w webhooks, url text) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'id', w.id, 'url', url, 'events', to_json(w.events),
    'status', CASE WHEN w.is_failing THEN 'failing' ELSE 'active' END, 'created_at', api_time(w.created_at))
$$;

-- What a support key shows of an account: what it did, and none of its secrets.
CREATE OR REPLACE FUNCTION account_activity(the_user bigint) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'user', account_json(u, c),
    'sessions', (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.seen_at > now() - interval '30 days'),
    'keys', (SELECT coalesce(json_agg(api_key_json(k) ORDER BY k.id DESC), '[]') FROM api_keys k WHERE k.user_id = u.id),
    'liveMeetings', (SELECT coalesce(json_agg(json_build_object(
            'meeting_id', m.meeting_id, 'title', m.title, 'status', m.status,
            'created_at', api_time(m.created_at)) ORDER BY m.created_at DESC), '[]')
        FROM (SELECT * FROM meetings WHERE owner_id = u.id ORDER BY created_at DESC LIMIT 50) m),
    'meetings', (SELECT coalesce(json_agg(f.shown ORDER BY f.ended_at DESC), '[]')
        FROM (SELECT history_json(h) AS shown, ended_at FROM meeting_history h
              WHERE owner_id = u.id ORDER BY ended_at DESC LIMIT 50) f),
    'transactions', (SELECT coalesce(json_agg(f.shown ORDER BY f.id DESC), '[]')
        FROM (SELECT transaction_json(t) AS shown, id FROM transactions t
              WHERE user_id = u.id OR (u.company_role = 'owner' AND company_id = u.company_id)
              ORDER BY id DESC LIMIT 50) f),
    'webhooks', (SELECT coalesce(json_agg(webhook_json(w, split_part(w.url, '?', 1)) ORDER BY w.id), '[]')
        FROM webhooks w WHERE w.user_id = u.id),
    'events', (SELECT coalesce(json_agg(json_build_object(
            'event_type', e.event_type, 'meta', e.meta, 'created_at', api_time(e.created_at))
            ORDER BY e.created_at DESC), '[]')
        FROM (SELECT * FROM analytics_events WHERE user_id = u.id ORDER BY created_at DESC LIMIT 50) e))
FROM users u LEFT JOIN companies c ON c.id = u.company_id
WHERE u.id = the_user
$$;
