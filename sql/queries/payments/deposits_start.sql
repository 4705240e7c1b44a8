-- deposits_start: the chain is read from the block after this one, unless it is being read already
-- arg chain_id bigint
-- arg token text
-- arg block_number bigint
INSERT INTO deposit_scans (chain_id, token, block_number) VALUES ($1::bigint, $2::text, $3::bigint)
ON CONFLICT (chain_id, token) DO NOTHING
