-- Who is removed from a company leaves nothing behind that goes on spending its credit, and nothing to come back with.

-- A member goes; its balance stays with the company, what it has scheduled becomes its own, and the invite code that it
-- knows is another from now on. (Its meetings that are on are ended by control, and the company is charged until then.)
-- Its address; null: not a member.
CREATE FUNCTION company_remove(the_user bigint, company bigint, code text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    address text;
BEGIN
    UPDATE users u SET company_id = NULL, company_role = NULL, company_joined_at = NULL
    WHERE u.id = the_user AND u.company_id = company AND u.company_role = 'member' RETURNING u.email INTO address;
    IF address IS NOT NULL THEN
        UPDATE companies c SET invite_code = code WHERE c.id = company;
        UPDATE meetings m SET company_id = NULL
        WHERE m.owner_id = the_user AND m.company_id = company AND m.status = 'scheduled';
    END IF;
    RETURN address;
END $$;

-- Meetings of a company whose owner isn't in it any more, as when control was killed before it could end them: what is
-- scheduled becomes its owner's; what is on is to be ended.
CREATE FUNCTION meetings_orphaned() RETURNS TABLE (meeting_id text, is_scheduled boolean) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    UPDATE meetings m SET company_id = NULL FROM users u
    WHERE u.id = m.owner_id AND m.company_id IS NOT NULL AND u.company_id IS DISTINCT FROM m.company_id
      AND m.status = 'scheduled'
    RETURNING m.meeting_id, true;
    RETURN QUERY
    SELECT m.meeting_id, false FROM meetings m JOIN users u ON u.id = m.owner_id
    WHERE m.company_id IS NOT NULL AND u.company_id IS DISTINCT FROM m.company_id;
END $$;
