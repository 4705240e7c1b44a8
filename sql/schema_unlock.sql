-- schema_unlock: nothing  ->  nothing
SELECT pg_advisory_unlock(1869639024)
