-- analytics_events_count: $1 event_type text, $2 since µs  ->  how many
SELECT count(*)
FROM analytics_events
WHERE event_type = $1::text AND created_at >= timestamptz 'epoch' + $2::bigint * interval '1 microsecond'
