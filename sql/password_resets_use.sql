-- password_resets_use: $1 token_hash text, $2 the new password_hash text, $3 notify bool  ->  user_id; null: spent, void, too old or never there
SELECT password_reset_use($1::text, $2::text, $3::boolean)
