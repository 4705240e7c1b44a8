-- meetings_end: $1 ended_key uuid, $2 meeting_id text, $3 is_guest bool, $4 owner_id bigint|null, $5 company_id bigint|null, $6 title text, $7 started_at µs, $8 ended_at µs, $9 minutes numeric, $10 peak_participants int  ->  nothing of interest; repeating it changes nothing
SELECT meeting_end($1::uuid, $2::text, $3::boolean, $4::bigint, $5::bigint, $6::text, from_us($7::bigint),
                   from_us($8::bigint), $9::numeric, $10::integer)
