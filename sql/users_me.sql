-- users_me: $1 user_id bigint  ->  the profile as json
SELECT json_build_object('id', u.id, 'email', u.email, 'accountType', u.account_type,
                         'balance', coalesce(c.balance, u.balance)::text, 'company_id', u.company_id,
                         'is_admin', u.is_admin, 'created_at', api_time(u.created_at))
FROM users u LEFT JOIN companies c ON c.id = u.company_id
WHERE u.id = $1::bigint
