-- deposits_record: $1 chain_id bigint, $2 token text, $3 read so far bigint, $4 read up to bigint, $5 hash of that block text, $6 found json: [{tx, address, nth, amount, block, block_hash}]  ->  stored bool (false: somebody else read on), n_new int, credited numeric, n_vanished int
SELECT stored, n_new, credited, n_vanished
FROM deposits_record($1::bigint, $2::text, $3::bigint, $4::bigint, $5::text, $6::json)
