-- users_rehash: $1 user_id bigint, $2 password_hash text, $3 the same password's new hash text  ->  nothing; repeating it changes nothing
UPDATE users SET password_hash = $3::text WHERE id = $1::bigint AND password_hash = $2::text
