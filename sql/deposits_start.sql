-- deposits_start: $1 chain_id bigint, $2 token text, $3 block_number bigint  ->  nothing; the chain is read from the block after that one, unless it is being read already
INSERT INTO deposit_scans (chain_id, token, block_number) VALUES ($1::bigint, $2::text, $3::bigint)
ON CONFLICT (chain_id, token) DO NOTHING
