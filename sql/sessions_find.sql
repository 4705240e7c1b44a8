-- sessions_find: $1 id_hash text  ->  user_id, company_id|null, is_company_owner, is_admin, email, account_type, 0, seen_at µs; no row: no such session, or unused for 30 days
SELECT u.id, u.company_id, u.company_role IS NOT DISTINCT FROM 'owner', u.is_admin, u.email, u.account_type, 0,
       to_us(s.seen_at)
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id_hash = $1::text AND s.seen_at > now() - interval '30 days'
