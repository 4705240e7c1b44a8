-- meetings_delete: $1 meeting_id text  ->  nothing; a meeting that never was: no history, no charge
DELETE FROM meetings WHERE meeting_id = $1::text
