-- support_keys_redeem: what the account did. Nulls: the key is spent, void, too old or never there
-- arg key_hash text
-- arg admin_id bigint: the administrator
-- col user_id bigint null
-- col activity json null
SELECT the_user AS user_id, activity FROM support_key_redeem($1::text, $2::bigint)
