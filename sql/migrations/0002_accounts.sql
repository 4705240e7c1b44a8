-- Accounts, companies, keys, sessions and money (API documentation §1, 2, 14, 15). Secrets are kept as SHA-256 in hex,
-- passwords as Argon2id. E-mail addresses are lower case. Money is numeric(14,4) and moves by account_change() alone.

CREATE FUNCTION api_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

CREATE FUNCTION from_us(us bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT timestamptz 'epoch' + us * interval '1 microsecond' $$;

CREATE FUNCTION to_us(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT (extract(epoch FROM at) * 1000000)::bigint $$;

CREATE TABLE companies (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text           NOT NULL,
    invite_code text           NOT NULL UNIQUE,
    balance     numeric(14, 4) NOT NULL DEFAULT 0,
    created_at  timestamptz    NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email             text           NOT NULL UNIQUE CHECK (email = lower(email)),
    password_hash     text           NOT NULL,
    account_type      text           NOT NULL CHECK (account_type IN ('personal', 'company')),
    company_id        bigint REFERENCES companies,
    company_role      text CHECK (company_role IN ('owner', 'member')),
    company_joined_at timestamptz,
    is_admin          boolean        NOT NULL DEFAULT false,
    balance           numeric(14, 4) NOT NULL DEFAULT 0, -- its own; a member's credit is the company's
    created_at        timestamptz    NOT NULL DEFAULT now(),
    CHECK ((company_id IS NULL) = (company_role IS NULL))
);
CREATE INDEX users_by_company ON users (company_id) WHERE company_id IS NOT NULL;
CREATE UNIQUE INDEX one_owner_a_company ON users (company_id) WHERE company_role = 'owner';

CREATE TABLE sessions (
    id_hash    text PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_age ON sessions (seen_at);

CREATE TABLE api_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    key_hash     text        NOT NULL UNIQUE,
    shown        text        NOT NULL, -- mk_abc1…9f2e
    label        text,
    is_active    boolean     NOT NULL DEFAULT true,
    last_used_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_by_user ON api_keys (user_id);

CREATE TABLE password_resets (
    token_hash text PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_by_user ON password_resets (user_id);

CREATE TABLE support_keys (
    key_hash    text PRIMARY KEY,
    user_id     bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    redeemed_at timestamptz,
    redeemed_by bigint REFERENCES users
);
CREATE INDEX support_keys_by_user ON support_keys (user_id);

-- One row for each thing that an administrator may set.
CREATE TABLE settings (
    name  text PRIMARY KEY,
    value text NOT NULL
);
INSERT INTO settings VALUES ('rate_per_minute', '0.0040');

CREATE FUNCTION rate_per_minute() RETURNS numeric LANGUAGE sql STABLE AS
$$ SELECT value::numeric FROM settings WHERE name = 'rate_per_minute' $$;

-- reference: what this movement is for, once and only once ('stripe:cs_…', 'meeting:…').
CREATE TABLE transactions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint REFERENCES users,
    company_id  bigint REFERENCES companies,
    amount_usd  numeric(14, 4) NOT NULL,
    type        text           NOT NULL,
    description text           NOT NULL,
    reference   text           NOT NULL UNIQUE,
    created_at  timestamptz    NOT NULL DEFAULT now(),
    CHECK ((user_id IS NULL) <> (company_id IS NULL)) -- whose balance it moved
);
CREATE INDEX transactions_by_user ON transactions (user_id, id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX transactions_by_company ON transactions (company_id, id DESC) WHERE company_id IS NOT NULL;

-- What is to be mailed; a row is deleted when it was sent. reference: a mail is queued once.
CREATE TABLE mail_queue (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient    text        NOT NULL,
    template     text        NOT NULL,
    data         json        NOT NULL DEFAULT '{}',
    reference    text        NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    attempts     integer     NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_queue_by_next ON mail_queue (next_at);

-- Moves a balance, once for each reference, in the transaction it is called in. Whose: the company's if company is not
-- null, else the user's. Tells the account (a company's owner) by mail when it falls below two dollars, but not when it
-- only moved to the company. True: it moved now; false: that reference had been taken care of.
CREATE FUNCTION account_change(the_user bigint, company bigint, amount numeric, kind text, what text, ref text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    after_it  numeric(14, 4);
    recipient text;
    moved     bigint;
BEGIN
    INSERT INTO transactions (user_id, company_id, amount_usd, type, description, reference)
    VALUES (CASE WHEN company IS NULL THEN the_user END, company, amount, kind, what, ref)
    ON CONFLICT (reference) DO NOTHING
    RETURNING id INTO moved;
    IF moved IS NULL THEN
        RETURN false;
    END IF;
    IF company IS NULL THEN
        UPDATE users SET balance = balance + amount WHERE id = the_user
        RETURNING balance, email INTO after_it, recipient;
    ELSE
        UPDATE companies SET balance = balance + amount WHERE id = company RETURNING balance INTO after_it;
        SELECT email INTO recipient FROM users WHERE company_id = company AND company_role = 'owner';
    END IF;
    IF after_it < 2 AND after_it - amount >= 2 AND kind <> 'company_transfer' AND recipient IS NOT NULL THEN
        INSERT INTO mail_queue (recipient, template, data, reference)
        VALUES (recipient, 'low_balance', json_build_object('balance', after_it::text), 'low_balance:' || moved);
    END IF;
    RETURN true;
END $$;
