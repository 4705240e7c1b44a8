-- sessions_delete_all: logs out everywhere
-- arg user_id bigint
DELETE FROM sessions WHERE user_id = $1::bigint
