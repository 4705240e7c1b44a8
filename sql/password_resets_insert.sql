-- password_resets_insert: $1 email text, $2 token_hash text, $3 token for the mail text|null  ->  whether there is such an account
SELECT password_reset_begin($1::text, $2::text, $3::text)
