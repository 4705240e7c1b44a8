-- meetings_joined: $1 event uuid, $2 meeting_id text, $3 participant_id text, $4 what brings it back json, $5 webhook data json, $6 peak int, $7 at µs  ->  nothing of interest; repeating it changes nothing
SELECT meeting_joined($1::uuid, $2::text, $3::text, $4::json, $5::json, $6::integer, from_us($7::bigint))
