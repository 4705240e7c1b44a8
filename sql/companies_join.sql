-- companies_join: $1 user_id bigint, $2 invite_code text  ->  outcome (joined, member, unknown), company_id, name
SELECT outcome, company, company_name FROM company_join($1::bigint, $2::text)
