-- password_resets_insert: a link to set a password is made, and mailed
-- arg email text
-- arg token_hash text
-- arg token text null: for the mail; null: none is sent
-- col is_known boolean: there is such an account
SELECT password_reset_begin($1::text, $2::text, $3::text) AS is_known
