-- What accounts do in one step each (API documentation §1, 2, 14): whoever is first wins, and a statement that fails
-- leaves nothing behind. Each locks the account's row first, so that two of them never overtake each other.

-- A new account, its company where it founds one, its first API key, its welcome. Its id; null: the address is taken.
CREATE FUNCTION account_register(address text, hash text, kind text, company_name text, code text, first_key_hash text,
                                 first_key_shown text, notify boolean)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made    bigint;
    company bigint;
BEGIN
    INSERT INTO users (email, password_hash, account_type) VALUES (address, hash, kind)
    ON CONFLICT (email) DO NOTHING
    RETURNING id INTO made;
    IF made IS NULL THEN
        RETURN NULL;
    END IF;
    IF company_name IS NOT NULL THEN
        INSERT INTO companies (name, invite_code) VALUES (company_name, code) RETURNING id INTO company;
        UPDATE users SET company_id = company, company_role = 'owner', company_joined_at = now() WHERE id = made;
    END IF;
    INSERT INTO api_keys (user_id, key_hash, shown, label) VALUES (made, first_key_hash, first_key_shown, 'Default');
    IF notify THEN
        INSERT INTO mail_queue (recipient, template, data, reference)
        VALUES (address, 'welcome',
                json_build_object('accountType', kind, 'companyName', company_name, 'inviteCode', code),
                'welcome:' || made);
    END IF;
    RETURN made;
END $$;

-- A session for an account whose password was verified against `verified`; of more than a hundred the longest unused go,
-- and so do some of all that have run out. False: the password was changed meanwhile.
CREATE FUNCTION session_begin(session_hash text, the_user bigint, verified text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = the_user AND password_hash = verified FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM sessions
    WHERE id_hash IN (SELECT s.id_hash FROM sessions s WHERE s.seen_at < now() - interval '30 days' LIMIT 100)
       OR id_hash IN (SELECT s.id_hash FROM sessions s WHERE s.user_id = the_user ORDER BY s.seen_at DESC OFFSET 99);
    INSERT INTO sessions (id_hash, user_id) VALUES (session_hash, the_user);
    RETURN true;
END $$;

-- Another password for a locked account: its other sessions and its reset links end, and it hears of it.
CREATE FUNCTION password_replace(the_user bigint, hash text, kept_session text, notify boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    address text;
BEGIN
    UPDATE users SET password_hash = hash WHERE id = the_user RETURNING email INTO address;
    DELETE FROM sessions WHERE user_id = the_user AND id_hash IS DISTINCT FROM kept_session;
    DELETE FROM password_resets WHERE user_id = the_user;
    IF notify THEN
        INSERT INTO mail_queue (recipient, template, reference)
        VALUES (address, 'password_changed', 'password_changed:' || gen_random_uuid());
    END IF;
END $$;

-- False: the current password isn't the one that was verified any more.
CREATE FUNCTION password_change(the_user bigint, verified text, hash text, kept_session text, notify boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = the_user AND password_hash = verified FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM password_replace(the_user, hash, kept_session, notify);
    RETURN true;
END $$;

-- A reset link for the account of that address, if there is one; those before it are void. token: for the mail; null: no
-- mail.
CREATE FUNCTION password_reset_begin(address text, hash text, token text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    found_id bigint;
BEGIN
    SELECT id INTO found_id FROM users WHERE email = address FOR UPDATE;
    IF found_id IS NULL THEN
        RETURN false;
    END IF;
    DELETE FROM password_resets WHERE user_id = found_id OR expires_at < now() - interval '1 day';
    INSERT INTO password_resets (token_hash, user_id, expires_at) VALUES (hash, found_id, now() + interval '1 hour');
    IF token IS NOT NULL THEN
        INSERT INTO mail_queue (recipient, template, data, reference)
        VALUES (address, 'password_reset', json_build_object('token', token), 'password_reset:' || hash);
    END IF;
    RETURN true;
END $$;

-- Spends a reset link. The account's id; null: spent, void, too old or never there.
CREATE FUNCTION password_reset_use(hash text, new_password_hash text, notify boolean)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    the_user bigint;
BEGIN
    SELECT user_id INTO the_user FROM password_resets WHERE token_hash = hash AND expires_at > now();
    PERFORM FROM users WHERE id = the_user FOR UPDATE;
    DELETE FROM password_resets WHERE token_hash = hash AND expires_at > now();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM password_replace(the_user, new_password_hash, NULL, notify);
    RETURN the_user;
END $$;

-- One more API key; no row: the account has as many active ones as it may.
CREATE FUNCTION api_key_create(the_user bigint, hash text, as_shown text, its_label text, most integer)
RETURNS SETOF api_keys LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = the_user FOR UPDATE;
    IF (SELECT count(*) FROM api_keys k WHERE k.user_id = the_user AND k.is_active) >= most THEN
        RETURN;
    END IF;
    RETURN QUERY INSERT INTO api_keys (user_id, key_hash, shown, label) VALUES (the_user, hash, as_shown, its_label)
                 RETURNING api_keys.*;
END $$;

-- Joins the company of an invite code; the account's balance, a debt too, moves into the company's.
-- outcome: joined, member (of a company already), unknown (code).
CREATE FUNCTION company_join(the_user bigint, code text, OUT outcome text, OUT company bigint, OUT company_name text)
LANGUAGE plpgsql AS $$
DECLARE
    account users;
    movement text := gen_random_uuid();
BEGIN
    SELECT * INTO account FROM users WHERE id = the_user FOR UPDATE;
    IF account.company_id IS NOT NULL THEN
        outcome := 'member';
        RETURN;
    END IF;
    SELECT id, name INTO company, company_name FROM companies WHERE invite_code = code;
    IF company IS NULL THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    IF account.balance <> 0 THEN
        PERFORM account_change(the_user, NULL, -account.balance, 'company_transfer',
                               format('Balance moved to %s', company_name), 'company_transfer:' || movement || ':from');
        PERFORM account_change(the_user, company, account.balance, 'company_transfer',
                               format('Balance of %s', account.email), 'company_transfer:' || movement || ':to');
    END IF;
    UPDATE users SET company_id = company, company_role = 'member', company_joined_at = now() WHERE id = the_user;
    outcome := 'joined';
END $$;

-- Credit for the account of that address, or for its company. Its id and the balance that pays for it now; nulls: there
-- is no such account.
CREATE FUNCTION account_credit_by_email(address text, amount numeric, what text, ref text, OUT the_user bigint,
                                        OUT balance numeric)
LANGUAGE plpgsql AS $$
BEGIN
    SELECT id INTO the_user FROM users WHERE email = address;
    PERFORM account_credit(the_user, amount, 'admin_credit', what, ref);
    SELECT coalesce(c.balance, u.balance) INTO balance
    FROM users u LEFT JOIN companies c ON c.id = u.company_id
    WHERE u.id = the_user;
END $$;

-- One support key an account, for a day. When it ends.
CREATE FUNCTION support_key_begin(the_user bigint, hash text)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := date_trunc('second', now() + interval '24 hours');
BEGIN
    PERFORM FROM users WHERE id = the_user FOR UPDATE;
    DELETE FROM support_keys WHERE user_id = the_user AND redeemed_at IS NULL;
    INSERT INTO support_keys (key_hash, user_id, expires_at) VALUES (hash, the_user, until);
    RETURN until;
END $$;

-- What a support key shows of an account: what it did, and none of its secrets.
CREATE FUNCTION account_activity(the_user bigint) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object(
    'user', json_build_object(
        'id', u.id, 'email', u.email, 'accountType', u.account_type, 'company_id', u.company_id, 'companyName', c.name,
        'balance', coalesce(c.balance, u.balance)::text, 'is_admin', u.is_admin, 'created_at', api_time(u.created_at)),
    'sessions', (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.seen_at > now() - interval '30 days'),
    'keys', (SELECT coalesce(json_agg(json_build_object(
            'id', k.id, 'key', k.shown, 'label', k.label, 'is_active', k.is_active,
            'last_used_at', api_time(k.last_used_at), 'created_at', api_time(k.created_at)) ORDER BY k.id DESC), '[]')
        FROM api_keys k WHERE k.user_id = u.id),
    'liveMeetings', (SELECT coalesce(json_agg(json_build_object(
            'meeting_id', m.meeting_id, 'title', m.title, 'status', m.status,
            'created_at', api_time(m.created_at)) ORDER BY m.created_at DESC), '[]')
        FROM (SELECT * FROM meetings WHERE owner_id = u.id ORDER BY created_at DESC LIMIT 50) m),
    'meetings', (SELECT coalesce(json_agg(json_build_object(
            'id', h.id, 'meeting_id', h.meeting_id, 'title', h.title, 'started_at', api_time(h.started_at),
            'ended_at', api_time(h.ended_at), 'duration_minutes', h.duration_minutes::text,
            'peak_participants', h.peak_participants, 'cost_usd', h.cost_usd::text) ORDER BY h.ended_at DESC), '[]')
        FROM (SELECT * FROM meeting_history WHERE owner_id = u.id ORDER BY ended_at DESC LIMIT 50) h),
    'transactions', (SELECT coalesce(json_agg(json_build_object(
            'id', t.id, 'amount_usd', t.amount_usd::text, 'type', t.type, 'description', t.description,
            'created_at', api_time(t.created_at)) ORDER BY t.id DESC), '[]')
        FROM (SELECT * FROM transactions
              WHERE user_id = u.id OR (u.company_role = 'owner' AND company_id = u.company_id)
              ORDER BY id DESC LIMIT 50) t),
    'webhooks', (SELECT coalesce(json_agg(json_build_object(
            'id', w.id, 'url', split_part(w.url, '?', 1), 'events', w.events,
            'status', CASE WHEN w.is_failing THEN 'failing' ELSE 'active' END,
            'created_at', api_time(w.created_at)) ORDER BY w.id), '[]')
        FROM webhooks w WHERE w.user_id = u.id),
    'events', (SELECT coalesce(json_agg(json_build_object(
            'event_type', e.event_type, 'meta', e.meta, 'created_at', api_time(e.created_at))
            ORDER BY e.created_at DESC), '[]')
        FROM (SELECT * FROM analytics_events WHERE user_id = u.id ORDER BY created_at DESC LIMIT 50) e))
FROM users u LEFT JOIN companies c ON c.id = u.company_id
WHERE u.id = the_user
$$;

-- Spends a support key and shows the account; null: spent, void, too old or never there.
CREATE FUNCTION support_key_redeem(hash text, admin bigint, OUT the_user bigint, OUT activity json)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE support_keys SET redeemed_at = now(), redeemed_by = admin
    WHERE key_hash = hash AND redeemed_at IS NULL AND expires_at > now()
    RETURNING user_id INTO the_user;
    activity := account_activity(the_user);
END $$;
