-- users_register: $1 email text, $2 password_hash text, $3 account_type text, $4 company_name text|null, $5 invite_code text|null, $6 key_hash text, $7 key shown text, $8 notify bool  ->  user_id; null: the address is taken
SELECT account_register($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::boolean)
