-- meetings_end: history, charge, last event and analytics of a meeting: meeting_end(). Repeating it changes nothing
-- arg ended_key uuid: of this end
-- arg meeting_id text
-- arg is_guest boolean
-- arg owner_id bigint null
-- arg company_id bigint null
-- arg title text
-- arg started_at usec
-- arg ended_at usec
-- arg minutes numeric
-- arg peak_participants integer
SELECT meeting_end($1::uuid, $2::text, $3::boolean, $4::bigint, $5::bigint, $6::text, from_us($7::bigint),
                   from_us($8::bigint), $9::numeric, $10::integer)
