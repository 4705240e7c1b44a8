-- companies_code: the invite code of now
-- arg company_id bigint
-- col answer json
SELECT json_build_object('inviteCode', invite_code) AS answer FROM companies WHERE id = $1::bigint
