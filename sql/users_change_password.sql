-- users_change_password: $1 user_id bigint, $2 the password_hash that was verified text, $3 the new one text, $4 id_hash of the session that stays text, $5 notify bool  ->  whether it was changed; false: it had changed meanwhile
SELECT password_change($1::bigint, $2::text, $3::text, $4::text, $5::boolean)
