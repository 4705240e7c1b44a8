-- users_find_password: $1 user_id bigint  ->  password_hash
SELECT password_hash FROM users WHERE id = $1::bigint
