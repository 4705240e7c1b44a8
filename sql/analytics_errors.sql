-- analytics_errors: $1 days int  ->  one row: the answer of GET /admin/api/analytics/errors, in JSON: the most frequent 1000
WITH groups AS (
    SELECT event_type, route, message, sum(n)::bigint AS count, max(last_seen) AS seen
    FROM analytics_error_days WHERE day >= utc_day(now()) - ($1::integer - 1)
    GROUP BY event_type, route, message
    ORDER BY sum(n) DESC, max(last_seen) DESC, event_type, route, message LIMIT 1000
), list AS (
    SELECT event_type, route, message, count, api_time(seen) AS last_seen FROM groups
)
SELECT json_build_object('errors', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer)
