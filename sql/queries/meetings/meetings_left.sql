-- meetings_left: somebody has left: meeting_left(). Repeating it changes nothing
-- arg event_id uuid
-- arg meeting_id text
-- arg participant_id text
-- arg told json: what webhooks are told
-- arg at usec: when the meeting's clock says that it was
-- arg attended bigint: how long the meeting was attended by then, in µs
-- arg seen_at usec: now
SELECT meeting_left($1::uuid, $2::text, $3::text, $4::json, from_us($5::bigint),
                      $6::bigint, from_us($7::bigint))
