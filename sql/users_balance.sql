-- users_balance: $1 user_id bigint  ->  balance of what pays for it
SELECT coalesce(c.balance, u.balance) FROM users u LEFT JOIN companies c ON c.id = u.company_id WHERE u.id = $1::bigint
