-- deposits_state: up to where the chain has been read; always one row
-- arg chain_id bigint
-- arg token text
-- col block_number bigint null: null: it has never been read
-- col block_hash text null
-- col told_at usec null: when the first address was told; null: none was
SELECT s.block_number, s.block_hash, (SELECT to_us(min(created_at)) FROM deposit_addresses) AS told_at
FROM (SELECT) one LEFT JOIN deposit_scans s ON s.chain_id = $1::bigint AND s.token = $2::text
