-- meetings_left: $1 event uuid, $2 meeting_id text, $3 participant_id text, $4 webhook data json, $5 at µs  ->  nothing of interest; repeating it changes nothing
SELECT meeting_left($1::uuid, $2::text, $3::text, $4::json, from_us($5::bigint))
