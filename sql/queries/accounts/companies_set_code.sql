-- companies_set_code: another invite code; the one before is void
-- arg company_id bigint
-- arg invite_code text
-- col answer json
UPDATE companies SET invite_code = $2::text WHERE id = $1::bigint
RETURNING json_build_object('inviteCode', invite_code) AS answer
