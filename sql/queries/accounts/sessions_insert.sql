-- sessions_insert: logs in
-- arg id_hash text
-- arg user_id bigint
-- arg password_hash text: the one that was verified
-- col has_begun boolean: false: the password was changed meanwhile
SELECT session_begin($1::text, $2::bigint, $3::text) AS has_begun
