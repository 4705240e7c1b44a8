-- deposits_rewind: $1 chain_id bigint, $2 token text, $3 the block_number that it stands at, $4 to which block_number  ->  nothing; what comes after that one is read again
UPDATE deposit_scans SET block_number = $4::bigint, block_hash = NULL, updated_at = now()
WHERE chain_id = $1::bigint AND token = $2::text AND block_number = $3::bigint
