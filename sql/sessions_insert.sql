-- sessions_insert: $1 id_hash text, $2 user_id bigint, $3 the password_hash that was verified text  ->  whether it began; false: the password was changed meanwhile
SELECT session_begin($1::text, $2::bigint, $3::text)
