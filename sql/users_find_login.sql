-- users_find_login: $1 email text  ->  user_id, password_hash, account_type
SELECT id, password_hash, account_type FROM users WHERE email = $1::text
