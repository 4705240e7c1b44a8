-- meetings_switch: to the SFU, or from it
-- arg meeting_id text
-- arg uses_sfu boolean
UPDATE meetings SET uses_sfu = $2::boolean WHERE meeting_id = $1::text
