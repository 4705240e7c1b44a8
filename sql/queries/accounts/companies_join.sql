-- companies_join: the account becomes a member of the company with that code, and its credit the company's
-- arg user_id bigint
-- arg invite_code text
-- col outcome text: joined, member (of one already), unknown (code)
-- col company_id bigint null
-- col name text null
SELECT outcome, company AS company_id, company_name AS name
FROM company_join($1::bigint, $2::text)
