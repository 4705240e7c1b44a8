-- api_keys_insert: $1 user_id bigint, $2 key_hash text, $3 shown text, $4 label text|null, $5 how many it may have int  ->  id, created_at; no row: it has as many
SELECT id, api_time(created_at) FROM api_key_create($1::bigint, $2::text, $3::text, $4::text, $5::integer)
