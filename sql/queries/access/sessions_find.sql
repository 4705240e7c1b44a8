-- sessions_find: whose a session is. No row: no such session, or unused for 30 days
-- arg id_hash text
-- cols of api_keys_find
SELECT u.id AS user_id, u.company_id, u.company_role IS NOT DISTINCT FROM 'owner' AS is_company_owner,
       u.is_admin, u.email, u.account_type, 0::bigint AS key_id, to_us(s.seen_at) AS seen_at
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id_hash = $1::text AND s.seen_at > now() - interval '30 days'
