-- schema_unlock: the migrations are done
SELECT pg_advisory_unlock(1869639024)
