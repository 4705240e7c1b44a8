-- sessions_delete: logs out
-- arg id_hash text
DELETE FROM sessions WHERE id_hash = $1::text
