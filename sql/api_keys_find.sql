-- api_keys_find: $1 key_hash text  ->  user_id, company_id|null, is_company_owner, is_admin, email, account_type, api_keys.id, last_used_at µs|null; no row: no such active key
SELECT u.id, u.company_id, u.company_role IS NOT DISTINCT FROM 'owner', u.is_admin, u.email, u.account_type, k.id,
       to_us(k.last_used_at)
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.key_hash = $1::text AND k.is_active
