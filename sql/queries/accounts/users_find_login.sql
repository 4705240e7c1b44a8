-- users_find_login: no row: nobody has this address
-- arg email text
-- col user_id bigint
-- col password_hash text
-- col account_type text
SELECT id AS user_id, password_hash, account_type FROM users WHERE email = $1::text
