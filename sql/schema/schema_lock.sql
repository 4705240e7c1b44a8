-- schema_lock: waits until no other process migrates. Held by the session until schema_unlock
SELECT pg_advisory_lock(1869639024)
