-- sessions_delete: $1 id_hash text  ->  nothing
DELETE FROM sessions WHERE id_hash = $1::text
