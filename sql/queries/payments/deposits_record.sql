-- deposits_record: what was found between two blocks is credited, and the chain is read up to the second
-- arg chain_id bigint
-- arg token text
-- arg before bigint: the block up to which it had been read
-- arg last bigint: the block up to which it is now
-- arg block_hash text: of the last
-- arg found json: a list of {tx, address, nth, amount, block, block_hash}
-- col stored boolean: false: somebody else has read on
-- col n_new integer
-- col credited numeric
-- col n_vanished integer: deposits that a reorganisation took away
SELECT stored, n_new, credited, n_vanished
FROM deposits_record($1::bigint, $2::text, $3::bigint, $4::bigint, $5::text, $6::json)
