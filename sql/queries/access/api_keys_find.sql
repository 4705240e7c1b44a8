-- api_keys_find: whose a key is. No row: there is no such active key
-- arg key_hash text
-- col user_id bigint
-- col company_id bigint null
-- col is_company_owner boolean
-- col is_admin boolean
-- col email text
-- col account_type text
-- col key_id bigint: 0: it isn't a key, but a session
-- col seen_at usec null: when it was last used, as far as it was written down
SELECT u.id AS user_id, u.company_id, u.company_role IS NOT DISTINCT FROM 'owner' AS is_company_owner,
       u.is_admin, u.email, u.account_type, k.id AS key_id, to_us(k.last_used_at) AS seen_at
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.key_hash = $1::text AND k.is_active
