-- deposits_addresses: nothing  ->  address text of every account that was told one, sorted
SELECT address FROM deposit_addresses ORDER BY address COLLATE "C"
