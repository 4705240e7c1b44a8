-- meetings_seen: somebody is in each of them. Repeating it changes nothing
-- arg seen json: a list of [meeting_id, attended]: from its start until now, in µs
-- arg seen_at usec
UPDATE meetings m SET attended_us = (s.one ->> 1)::bigint, seen_at = from_us($2::bigint)
FROM json_array_elements($1::json) AS s (one)
WHERE m.meeting_id = s.one ->> 0 AND coalesce(m.attended_us, 0) <= (s.one ->> 1)::bigint
