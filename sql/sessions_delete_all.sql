-- sessions_delete_all: $1 user_id bigint  ->  nothing
DELETE FROM sessions WHERE user_id = $1::bigint
