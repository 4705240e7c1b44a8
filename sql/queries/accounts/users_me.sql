-- users_me: the account's profile: GET /api/auth/me
-- arg user_id bigint
-- col answer json
SELECT json_build_object('id', u.id, 'email', u.email, 'accountType', u.account_type,
                         'balance', coalesce(c.balance, u.balance)::text, 'company_id', u.company_id,
                         'is_admin', u.is_admin, 'created_at', api_time(u.created_at)) AS answer
FROM users u LEFT JOIN companies c ON c.id = u.company_id
WHERE u.id = $1::bigint
