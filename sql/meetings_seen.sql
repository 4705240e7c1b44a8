-- meetings_seen: $1 meeting_ids text, with spaces between them, $2 seen_at µs: somebody is in each of them  ->  nothing
UPDATE meetings SET seen_at = greatest(seen_at, from_us($2::bigint))
WHERE meeting_id = ANY (string_to_array($1::text, ' '))
