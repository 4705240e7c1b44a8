-- password_resets_find: $1 token_hash text  ->  user_id; no row: spent, void, too old or never there
SELECT user_id FROM password_resets WHERE token_hash = $1::text AND expires_at > now()
