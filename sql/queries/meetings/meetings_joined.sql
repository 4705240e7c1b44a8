-- meetings_joined: somebody is in: meeting_joined(). Repeating it changes nothing
-- arg event_id uuid
-- arg meeting_id text
-- arg participant_id text
-- arg payload json: what brings it back after a restart
-- arg told json: what webhooks are told
-- arg peak integer
-- arg at usec: when the meeting's clock says that it was
-- arg attended bigint: how long the meeting was attended by then, in µs
-- arg seen_at usec: now
SELECT meeting_joined($1::uuid, $2::text, $3::text, $4::json, $5::json, $6::integer, from_us($7::bigint),
                      $8::bigint, from_us($9::bigint))
