-- deposits_address: $1 address text, $2 user_id bigint|null, $3 company_id bigint|null, $4 the address as it is shown  ->  JSON: {"address"}; from now on deposits to it are looked for
WITH told AS (
    INSERT INTO deposit_addresses (address, user_id, company_id) VALUES ($1::text, $2::bigint, $3::bigint)
    ON CONFLICT (address) DO NOTHING
)
SELECT json_build_object('address', $4::text)::text
