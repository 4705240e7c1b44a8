-- Credit from an administrator, once for each Idempotency-Key that comes with it.

CREATE TABLE admin_credits (
    key_hash     text PRIMARY KEY, -- of the administrator's number and its key
    request_hash text        NOT NULL,
    user_id      bigint REFERENCES users,
    balance      numeric(14, 4), -- as it was answered
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- Credit for the account of that address, or for its company. key null: without one. outcome: credited, repeated (the
-- user and the balance as they were answered then), other (the key came with another request), unknown (address).
CREATE FUNCTION admin_credit(key text, request text, address text, amount numeric, what text, ref text,
                             OUT outcome text, OUT the_user bigint, OUT balance numeric)
LANGUAGE plpgsql AS $$
DECLARE
    before admin_credits;
BEGIN
    INSERT INTO admin_credits (key_hash, request_hash) SELECT key, request WHERE key IS NOT NULL ON CONFLICT DO NOTHING;
    IF key IS NOT NULL AND NOT FOUND THEN
        SELECT * INTO before FROM admin_credits a WHERE a.key_hash = key;
        outcome := CASE before.request_hash WHEN request THEN 'repeated' ELSE 'other' END;
        the_user := before.user_id;
        balance := before.balance;
        RETURN;
    END IF;
    SELECT c.the_user, c.balance INTO the_user, balance FROM account_credit_by_email(address, amount, what, ref) c;
    outcome := CASE WHEN the_user IS NULL THEN 'unknown' ELSE 'credited' END;
    IF outcome = 'unknown' THEN
        DELETE FROM admin_credits a WHERE a.key_hash = key; -- there may be such an account when it is tried again
    ELSE
        UPDATE admin_credits a SET user_id = admin_credit.the_user, balance = admin_credit.balance WHERE a.key_hash = key;
    END IF;
END $$;
