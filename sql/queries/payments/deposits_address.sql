-- deposits_address: from now on deposits to this address are looked for: GET /api/billing/usdc/address
-- arg address text: in lower case
-- arg user_id bigint null: whose it is
-- arg company_id bigint null
-- arg shown text: the address as people see it
-- col answer json
WITH told AS (
    INSERT INTO deposit_addresses (address, user_id, company_id) VALUES ($1::text, $2::bigint, $3::bigint)
    ON CONFLICT (address) DO NOTHING
)
SELECT json_build_object('address', $4::text) AS answer
