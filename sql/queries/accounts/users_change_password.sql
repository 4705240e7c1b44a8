-- users_change_password: another password, and the end of all sessions but one
-- arg user_id bigint
-- arg verified_hash text: the password that was verified
-- arg password_hash text: the new one
-- arg kept_session text: its id_hash
-- arg notify boolean: by mail
-- col is_changed boolean: false: it had changed meanwhile
SELECT password_change($1::bigint, $2::text, $3::text, $4::text, $5::boolean) AS is_changed
