-- deposits_rewind: what comes after a block is read again
-- arg chain_id bigint
-- arg token text
-- arg before bigint: the block up to which it has been read
-- arg last bigint: the block up to which that is good
UPDATE deposit_scans SET block_number = $4::bigint, block_hash = NULL, updated_at = now()
WHERE chain_id = $1::bigint AND token = $2::text AND block_number = $3::bigint
