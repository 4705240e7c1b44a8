-- Money by card that goes back (API documentation §15), and what an administrator has to know of payments. A payment is
-- Stripe's PaymentIntent: the Checkout session that was credited, refunds and disputes all name it, in any order.

-- What was not credited, or was taken back, and why. reference: each is told once.
CREATE TABLE payment_problems (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text        NOT NULL, -- not_credited, not_taken_back, unknown_payment, refund, dispute
    reference  text        NOT NULL UNIQUE,
    user_id    bigint,               -- as the payment says: it needn't exist
    amount_usd numeric(14, 4),       -- null: it isn't known in dollars
    detail     text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION payment_problem(the_kind text, ref text, the_user bigint, amount numeric, what text)
RETURNS boolean LANGUAGE sql AS $$
    INSERT INTO payment_problems (kind, reference, user_id, amount_usd, detail)
    VALUES (the_kind, ref, nullif(the_user, 0), amount, what)
    ON CONFLICT (reference) DO NOTHING RETURNING true
$$;

CREATE TABLE stripe_payments (
    payment    text PRIMARY KEY,
    user_id    bigint REFERENCES users,     -- who ordered it; null: nothing was credited for it, or not yet
    company_id bigint REFERENCES companies, -- whose credit it became; null: its user's own
    credited   numeric(14, 4) NOT NULL DEFAULT 0,
    refunded   numeric(14, 4) NOT NULL DEFAULT 0,
    taken      numeric(14, 4) NOT NULL DEFAULT 0, -- of credited, by now
    moves      integer        NOT NULL DEFAULT 0
);

CREATE TABLE stripe_disputes (
    dispute text PRIMARY KEY,
    payment text           NOT NULL REFERENCES stripe_payments,
    amount  numeric(14, 4) NOT NULL,
    standing text          NOT NULL CHECK (standing IN ('inquiry', 'open', 'lost', 'won'))
);
CREATE INDEX stripe_disputes_by_payment ON stripe_disputes (payment);

-- Events whose repetition can't be told from news by what they say.
CREATE TABLE stripe_events (key text PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now());

-- Locks a payment that may be new, after the account that it belongs to, as crediting does.
CREATE FUNCTION stripe_payment_lock(the_payment text) RETURNS stripe_payments LANGUAGE plpgsql AS $$
DECLARE
    p stripe_payments;
BEGIN
    PERFORM FROM users u JOIN stripe_payments s ON s.user_id = u.id WHERE s.payment = the_payment FOR UPDATE OF u;
    INSERT INTO stripe_payments (payment) VALUES (the_payment) ON CONFLICT DO NOTHING;
    SELECT * INTO p FROM stripe_payments s WHERE s.payment = the_payment FOR UPDATE;
    RETURN p;
END $$;

-- Takes back what went back and wasn't taken yet, or gives back what didn't go back after all; never more than was
-- credited. From whose balance it is in now: a company's stays with it, a user's own went with the user. What it took.
CREATE FUNCTION stripe_settle(the_payment text, kind text, what text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    p     stripe_payments;
    due   numeric(14, 4);
    payer bigint;
BEGIN
    p := stripe_payment_lock(the_payment);
    due := least(p.credited, greatest(p.refunded, 0) + (SELECT coalesce(sum(d.amount), 0) FROM stripe_disputes d
                                                        WHERE d.payment = the_payment AND d.standing IN ('open', 'lost')))
           - p.taken;
    IF due = 0 THEN
        RETURN 0;
    END IF;
    payer := coalesce(p.company_id, (SELECT u.company_id FROM users u WHERE u.id = p.user_id));
    PERFORM account_change(p.user_id, payer, -due, kind, format('%s $%s', what, trim_scale(abs(due))),
                           format('stripe_back:%s:%s', the_payment, p.moves + 1));
    UPDATE stripe_payments s SET taken = s.taken + due, moves = s.moves + 1 WHERE s.payment = the_payment;
    RETURN due;
END $$;

-- Credits a payment by card, once for each reference. payment: '' unknown. Null: there is no such user; else as
-- account_change(). What of it went back before we heard of it is taken at once.
CREATE FUNCTION stripe_credit(the_user bigint, amount numeric, what text, ref text, the_payment text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    is_new boolean := account_credit(the_user, amount, 'stripe_topup', what, ref);
BEGIN
    IF is_new IS NULL THEN
        PERFORM payment_problem('not_credited', ref, the_user, amount, 'there is no such account');
    ELSIF is_new AND the_payment <> '' THEN
        PERFORM stripe_payment_lock(the_payment);
        UPDATE stripe_payments s
        SET user_id = the_user, credited = s.credited + amount,
            company_id = (SELECT t.company_id FROM transactions t WHERE t.reference = ref)
        WHERE s.payment = the_payment;
        PERFORM stripe_settle(the_payment, 'stripe_refund', 'Stripe refund or dispute');
    END IF;
    RETURN is_new;
END $$;

-- What the administrator is told of money that went back. known: a payment that was credited here.
CREATE FUNCTION stripe_back_told(the_payment text, kind text, ref text, taken numeric, amount numeric, what text,
                                 OUT known boolean)
LANGUAGE plpgsql AS $$
DECLARE
    p stripe_payments;
BEGIN
    SELECT * INTO p FROM stripe_payments s WHERE s.payment = the_payment;
    known := p.user_id IS NOT NULL;
    IF NOT known THEN
        PERFORM payment_problem('unknown_payment', ref, NULL, amount,
                                format('%s of %s, which was not credited here', what, the_payment));
    ELSIF taken <> 0 THEN
        PERFORM payment_problem(kind, ref || ':' || p.moves, p.user_id, taken,
                                format('%s of %s: $%s %s', what, the_payment, trim_scale(abs(taken)),
                                       CASE WHEN taken > 0 THEN 'was taken from the account'
                                            ELSE 'was given back to the account' END));
    END IF;
END $$;

-- Of a payment so much has been refunded in all. Repeating it changes nothing.
CREATE FUNCTION stripe_refunded(event text, the_payment text, charge text, total numeric,
                                OUT known boolean, OUT taken numeric)
LANGUAGE plpgsql AS $$
BEGIN
    taken := 0;
    PERFORM stripe_payment_lock(the_payment);
    INSERT INTO stripe_events (key) VALUES (format('%s:%s:%s', event, charge, total)) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE stripe_payments s SET refunded = greatest(s.refunded, total) WHERE s.payment = the_payment;
        taken := stripe_settle(the_payment, 'stripe_refund', 'Stripe refund');
    END IF;
    known := stripe_back_told(the_payment, 'refund', 'stripe_refund:' || charge, taken, total, 'refund');
END $$;

-- A refund that was counted didn't happen. Repeating it changes nothing.
CREATE FUNCTION stripe_refund_failed(the_payment text, refund text, amount numeric, OUT known boolean, OUT taken numeric)
LANGUAGE plpgsql AS $$
BEGIN
    taken := 0;
    PERFORM stripe_payment_lock(the_payment);
    INSERT INTO stripe_events (key) VALUES ('failed:' || refund) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE stripe_payments s SET refunded = greatest(s.refunded - amount, 0) WHERE s.payment = the_payment;
        taken := stripe_settle(the_payment, 'stripe_refund', 'Stripe refund failed');
    END IF;
    known := stripe_back_told(the_payment, 'refund', 'stripe_refund_failed:' || refund, taken, amount, 'failed refund');
END $$;

-- How a dispute stands. What is over isn't opened again by news that come late. Repeating it changes nothing.
CREATE FUNCTION stripe_disputed(the_payment text, the_dispute text, the_amount numeric, stands text,
                                OUT known boolean, OUT taken numeric)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stripe_payment_lock(the_payment);
    INSERT INTO stripe_disputes AS d (dispute, payment, amount, standing)
    VALUES (the_dispute, the_payment, the_amount, stands)
    ON CONFLICT (dispute) DO UPDATE SET amount = excluded.amount, standing = excluded.standing
    WHERE d.standing = 'inquiry' OR (d.standing = 'open' AND excluded.standing <> 'inquiry')
       OR excluded.standing IN ('lost', 'won');
    taken := stripe_settle(the_payment, 'stripe_dispute',
                           CASE stands WHEN 'won' THEN 'Stripe dispute won' ELSE 'Stripe dispute' END);
    known := stripe_back_told(the_payment, 'dispute', 'stripe_dispute:' || the_dispute, taken, the_amount,
                              'dispute (' || stands || ')');
END $$;
