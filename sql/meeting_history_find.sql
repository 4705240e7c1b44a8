-- meeting_history_find: $1 meeting_id text  ->  id, title, is_guest, started_at µs, ended_at µs, duration_minutes, peak_participants, cost_usd; newest first, at most 100 rows
SELECT id, title, is_guest,
       (extract(epoch FROM started_at) * 1000000)::bigint AS started_at,
       (extract(epoch FROM ended_at) * 1000000)::bigint AS ended_at,
       duration_minutes, peak_participants, cost_usd
FROM meeting_history
WHERE meeting_id = $1::text
ORDER BY ended_at DESC, id DESC
LIMIT 100
