-- Refunds one by one: Stripe tells each (refund.created, refund.updated, refund.failed) besides the sum of a charge
-- (charge.refunded), and an endpoint may hear of either, or of both. What went back is the larger of the two.

CREATE TABLE stripe_refunds (
    refund    text PRIMARY KEY,
    payment   text           NOT NULL REFERENCES stripe_payments,
    amount    numeric(14, 4) NOT NULL,
    is_failed boolean        NOT NULL
);
CREATE INDEX stripe_refunds_by_payment ON stripe_refunds (payment);

-- Takes back what went back and wasn't taken yet, or gives back what didn't go back after all; never more than was
-- credited. From whose balance it is in now: a company's stays with it, a user's own went with the user. What it took.
CREATE OR REPLACE FUNCTION stripe_settle(the_payment text, kind text, what text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    p        stripe_payments;
    refunds  numeric(14, 4);
    disputes numeric(14, 4);
    due      numeric(14, 4);
    payer    bigint;
BEGIN
    p := stripe_payment_lock(the_payment);
    SELECT coalesce(sum(r.amount), 0) INTO refunds FROM stripe_refunds r
    WHERE r.payment = the_payment AND NOT r.is_failed;
    SELECT coalesce(sum(d.amount), 0) INTO disputes FROM stripe_disputes d
    WHERE d.payment = the_payment AND d.standing IN ('open', 'lost');
    due := least(p.credited, greatest(p.refunded, refunds) + disputes) - p.taken;
    IF due = 0 THEN
        RETURN 0;
    END IF;
    payer := coalesce(p.company_id, (SELECT u.company_id FROM users u WHERE u.id = p.user_id));
    PERFORM account_change(p.user_id, payer, -due, kind, format('%s $%s', what, trim_scale(abs(due))),
                           format('stripe_back:%s:%s', the_payment, p.moves + 1));
    UPDATE stripe_payments s SET taken = s.taken + due, moves = s.moves + 1 WHERE s.payment = the_payment;
    RETURN due;
END $$;

-- One refund of a payment; what has failed doesn't happen any more. Repeating it changes nothing.
CREATE FUNCTION stripe_refund(the_payment text, the_refund text, the_amount numeric, failed boolean,
                              OUT known boolean, OUT taken numeric)
LANGUAGE plpgsql AS $$
DECLARE
    had_failed boolean;
BEGIN
    PERFORM stripe_payment_lock(the_payment);
    SELECT r.is_failed INTO had_failed FROM stripe_refunds r WHERE r.refund = the_refund;
    INSERT INTO stripe_refunds AS r VALUES (the_refund, the_payment, the_amount, failed)
    ON CONFLICT (refund) DO UPDATE SET is_failed = r.is_failed OR excluded.is_failed;
    IF failed AND had_failed IS NOT TRUE THEN -- the charge's sum may have it
        UPDATE stripe_payments s SET refunded = greatest(s.refunded - the_amount, 0) WHERE s.payment = the_payment;
    END IF;
    taken := stripe_settle(the_payment, 'stripe_refund', CASE WHEN failed THEN 'Stripe refund failed' ELSE 'Stripe refund' END);
    known := stripe_back_told(the_payment, 'refund', 'stripe_refund:' || the_refund, taken, the_amount,
                              CASE WHEN failed THEN 'failed refund' ELSE 'refund' END);
END $$;

DROP FUNCTION stripe_refund_failed(text, text, numeric);
