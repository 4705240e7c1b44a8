-- users_seed_admin: $1 email text, $2 password_hash text  ->  nothing; an account that is there keeps its password; repeating it changes nothing
INSERT INTO users (email, password_hash, account_type, is_admin) VALUES ($1::text, $2::text, 'personal', true)
ON CONFLICT (email) DO UPDATE SET is_admin = true WHERE NOT users.is_admin
