-- meetings_credit: for everybody who pays for meetings that are on, how much they may cost: meeting_allowance()
-- arg max_debt integer: dollars
-- col user_id bigint null: who pays; null: a company
-- col company_id bigint null
-- col allowance bigint null: participants × milliseconds; null: they cost nothing
WITH owners AS (
    SELECT DISTINCT owner_id, company_id FROM meetings WHERE status = 'active'
), payers AS (
    SELECT DISTINCT coalesce(o.company_id, u.company_id) AS company_id,
           CASE WHEN coalesce(o.company_id, u.company_id) IS NULL THEN u.id END AS user_id
    FROM owners o JOIN users u ON u.id = o.owner_id
)
SELECT p.user_id, p.company_id, meeting_allowance(coalesce(c.balance, u.balance), $1::integer) AS allowance
FROM payers p LEFT JOIN users u ON u.id = p.user_id LEFT JOIN companies c ON c.id = p.company_id
