-- deposits_state: $1 chain_id bigint, $2 token text  ->  one row: block_number bigint|null (never read), block_hash text|null, when the first address was told µs|null (none was)
SELECT s.block_number, s.block_hash, (SELECT to_us(min(created_at)) FROM deposit_addresses)
FROM (SELECT) one LEFT JOIN deposit_scans s ON s.chain_id = $1::bigint AND s.token = $2::text
