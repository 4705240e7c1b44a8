-- Money that comes in (API documentation §15): by card it is a movement of a balance and nothing more; USDC is found on a
-- chain, counted as a deposit, and credited when five dollars have come together.

-- Credits a user, or its company if it has one now. Null: there is no such user; else as account_change().
CREATE FUNCTION account_credit(the_user bigint, amount numeric, kind text, what text, ref text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    company bigint;
BEGIN
    SELECT company_id INTO company FROM users WHERE id = the_user FOR UPDATE; -- stays where it is until this is done
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN account_change(the_user, company, amount, kind, what, ref);
END $$;

-- Every address that was ever told to somebody, as nodes write it. uncredited: what came in and isn't in the balance
-- yet: less than five dollars, and what is beyond the fourth place.
CREATE TABLE deposit_addresses (
    address    text PRIMARY KEY CHECK (address ~ '^0x[0-9a-f]{40}$'),
    user_id    bigint REFERENCES users,
    company_id bigint REFERENCES companies,
    uncredited numeric(20, 6) NOT NULL DEFAULT 0 CHECK (uncredited >= 0),
    created_at timestamptz    NOT NULL DEFAULT now(),
    CHECK ((user_id IS NULL) <> (company_id IS NULL))
);
CREATE INDEX deposit_addresses_by_age ON deposit_addresses (created_at);

-- A transfer to one of them. nth: among the transfers to that address in its transaction; unlike the log's index in the
-- block it stays the same when a reorganisation moves the transaction to another block.
CREATE TABLE deposits (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain_id     bigint         NOT NULL,
    token        text           NOT NULL,
    tx_hash      text           NOT NULL,
    address      text           NOT NULL REFERENCES deposit_addresses,
    nth          integer        NOT NULL,
    amount       numeric(20, 6) NOT NULL CHECK (amount > 0),
    block_number bigint         NOT NULL,
    block_hash   text           NOT NULL,
    created_at   timestamptz    NOT NULL DEFAULT now(),
    credited_at  timestamptz, -- null: it is in uncredited
    vanished_at  timestamptz, -- its block went away after it was credited: for the operator
    UNIQUE (chain_id, token, tx_hash, address, nth)
);
CREATE INDEX deposits_by_address ON deposits (address) WHERE credited_at IS NULL;
CREATE INDEX deposits_by_block ON deposits (chain_id, token, block_number);

-- How far each chain has been read. block_hash null: nothing to compare with.
CREATE TABLE deposit_scans (
    chain_id     bigint      NOT NULL,
    token        text        NOT NULL,
    block_number bigint      NOT NULL,
    block_hash   text,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain_id, token)
);

-- Moves what has come together at an address to the balance, if it is five dollars; ref is what it is for.
CREATE FUNCTION deposit_credit(the_address text, tx text, ref text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    a      deposit_addresses;
    credit numeric(14, 4);
    what   text;
    moved  boolean;
BEGIN
    SELECT * INTO a FROM deposit_addresses WHERE address = the_address FOR UPDATE;
    IF a.uncredited < 5 THEN
        RETURN 0;
    END IF;
    credit := trunc(a.uncredited, 4);
    what := format('USDC deposit $%s (%s…%s)', trim_scale(credit), left(tx, 8), right(tx, 4));
    IF a.company_id IS NULL THEN
        moved := account_credit(a.user_id, credit, 'usdc_deposit', what, ref);
    ELSE
        moved := account_change(NULL, a.company_id, credit, 'usdc_deposit', what, ref);
    END IF;
    IF moved IS NOT TRUE THEN
        RETURN 0; -- it stays uncredited, and comes with the next
    END IF;
    UPDATE deposit_addresses SET uncredited = uncredited - credit WHERE address = the_address;
    UPDATE deposits SET credited_at = now() WHERE address = the_address AND credited_at IS NULL;
    RETURN credit;
END $$;

-- Deposits that were found in blocks first..last and aren't there any more. What wasn't credited is forgotten: it is
-- counted again if it comes back. What was credited is marked, and keeps its place so that it can't be credited again.
CREATE FUNCTION deposits_vanish(chain bigint, the_token text, first bigint, last bigint, list json)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    d deposits;
    n integer := 0;
BEGIN
    FOR d IN
        SELECT * FROM deposits o
        WHERE o.chain_id = chain AND o.token = the_token AND o.block_number BETWEEN first AND last
          AND o.vanished_at IS NULL
          AND NOT EXISTS (SELECT FROM json_to_recordset(list) AS f (tx text, address text, nth integer)
                          WHERE f.tx = o.tx_hash AND f.address = o.address AND f.nth = o.nth)
    LOOP
        n := n + 1;
        IF d.credited_at IS NULL THEN
            DELETE FROM deposits WHERE id = d.id;
            UPDATE deposit_addresses SET uncredited = uncredited - d.amount WHERE address = d.address;
        ELSE
            UPDATE deposits SET vanished_at = now() WHERE id = d.id;
        END IF;
    END LOOP;
    RETURN n;
END $$;

-- Records that the blocks after `before` up to `upto` hold these deposits and no others. stored false: the chain has
-- been read by somebody else meanwhile, and nothing was changed.
CREATE FUNCTION deposits_record(chain bigint, the_token text, before bigint, upto bigint, upto_hash text, list json,
                                OUT stored boolean, OUT n_new integer, OUT credited numeric, OUT n_vanished integer)
LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    stored := false;
    n_new := 0;
    credited := 0;
    n_vanished := 0;
    PERFORM FROM deposit_scans s
    WHERE s.chain_id = chain AND s.token = the_token AND s.block_number = before FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM users u -- people before companies: in the order in which joining one locks them
    WHERE u.id IN (SELECT a.user_id FROM deposit_addresses a
                   JOIN json_to_recordset(list) AS l (address text) ON l.address = a.address)
    ORDER BY u.id FOR UPDATE;
    n_vanished := deposits_vanish(chain, the_token, before + 1, upto, list);
    FOR f IN
        SELECT * FROM json_to_recordset(list) AS x (tx text, address text, nth integer, amount numeric, block bigint,
                                                     block_hash text)
    LOOP
        UPDATE deposits SET block_number = f.block, block_hash = f.block_hash, vanished_at = NULL
        WHERE chain_id = chain AND token = the_token AND tx_hash = f.tx AND address = f.address AND nth = f.nth;
        CONTINUE WHEN FOUND;
        INSERT INTO deposits (chain_id, token, tx_hash, address, nth, amount, block_number, block_hash)
        VALUES (chain, the_token, f.tx, f.address, f.nth, f.amount, f.block, f.block_hash);
        UPDATE deposit_addresses a SET uncredited = a.uncredited + f.amount WHERE a.address = f.address;
        n_new := n_new + 1;
        credited := credited + deposit_credit(f.address, f.tx,
                                              format('usdc:%s:%s:%s:%s', chain, f.tx, f.address, f.nth));
    END LOOP;
    UPDATE deposit_scans s SET block_number = upto, block_hash = upto_hash, updated_at = now()
    WHERE s.chain_id = chain AND s.token = the_token;
    stored := true;
END $$;
