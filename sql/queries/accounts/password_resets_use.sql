-- password_resets_use: another password for the account of this link
-- arg token_hash text
-- arg password_hash text: the new one
-- arg notify boolean: by mail
-- col user_id bigint null: null: spent, void, too old or never there
SELECT password_reset_use($1::text, $2::text, $3::boolean) AS user_id
