-- support_keys_redeem: $1 key_hash text, $2 the administrator's user_id bigint  ->  user_id, its activity as json; null: spent, void, too old or never there
SELECT the_user, activity FROM support_key_redeem($1::text, $2::bigint)
