-- users_rehash: the same password's hash with newer parameters. Repeating it changes nothing
-- arg user_id bigint
-- arg password_hash text: the one that was verified
-- arg rehash text: the new one
UPDATE users SET password_hash = $3::text WHERE id = $1::bigint AND password_hash = $2::text
