-- meetings_seen: somebody is in each of them
-- arg meeting_ids text: with spaces between them
-- arg seen_at usec
UPDATE meetings SET seen_at = greatest(seen_at, from_us($2::bigint))
WHERE meeting_id = ANY (string_to_array($1::text, ' '))
