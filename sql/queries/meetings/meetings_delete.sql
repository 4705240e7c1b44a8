-- meetings_delete: a meeting that never was: no history, no charge
-- arg meeting_id text
DELETE FROM meetings WHERE meeting_id = $1::text
