-- users_find_password: what the current password is verified against
-- arg user_id bigint
-- col password_hash text
SELECT password_hash FROM users WHERE id = $1::bigint
