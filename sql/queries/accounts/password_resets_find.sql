-- password_resets_find: no row: spent, void, too old or never there
-- arg token_hash text
-- col user_id bigint
SELECT user_id FROM password_resets WHERE token_hash = $1::text AND expires_at > now()
