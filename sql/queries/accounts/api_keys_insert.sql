-- api_keys_insert: one more key. No row: the account has as many as it may
-- arg user_id bigint
-- arg key_hash text
-- arg shown text: mk_abc1…9f2e
-- arg label text null
-- arg most integer: so many it may have
-- col id bigint
-- col created_at text
SELECT id, api_time(created_at) AS created_at
FROM api_key_create($1::bigint, $2::text, $3::text, $4::text, $5::integer)
