-- deposits_addresses: of every account that was told one, sorted
-- col address text
SELECT address FROM deposit_addresses ORDER BY address COLLATE "C"
