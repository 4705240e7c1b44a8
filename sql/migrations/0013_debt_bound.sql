-- How much the meetings of an account that are on may cost, so that its debt has a bound.

-- In participants × milliseconds, until the balance would be `debt` dollars below 0. Null: they cost nothing.
CREATE FUNCTION meeting_allowance(balance numeric, debt integer) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN rate_per_minute() > 0 THEN
        floor(least(greatest((balance + debt) * 60000 / rate_per_minute(), -9e15), 9e15))::bigint END
$$;
