-- users_credit: credit from an administrator; a member's is the company's: admin_credit()
-- arg key_hash text null: of the Idempotency-Key, and whose it is
-- arg request_hash text
-- arg email text
-- arg amount numeric
-- arg description text
-- arg reference text
-- col outcome text: credited, repeated (what was answered then), other (the key came with another request), unknown
-- col user_id bigint null
-- col balance numeric null: now
SELECT outcome, the_user AS user_id, balance
FROM admin_credit($1::text, $2::text, $3::text, $4::numeric, $5::text, $6::text)
