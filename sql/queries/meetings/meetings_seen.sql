-- meetings_seen: somebody is in each of them. Repeating it changes nothing
-- arg seen json: a list of [meeting_id, attended]: from its start until now, in µs
-- arg seen_at usec
SELECT meetings_seen($1::json, from_us($2::bigint))
