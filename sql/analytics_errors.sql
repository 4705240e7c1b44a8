-- analytics_errors: $1 days int, $2 now, in hours since 1970, int  ->  one row: the answer of GET /admin/api/analytics/errors, in JSON: the most frequent 1000
WITH groups AS (
    SELECT kind, sum(n) AS count, max(last_seen) AS seen
    FROM analytics_error_days WHERE day > date '1970-01-01' + ($2::integer / 24 - $1::integer)
    GROUP BY kind ORDER BY 2 DESC, 3 DESC, kind LIMIT 1000
), list AS (
    SELECT k.event_type, k.route, k.message, g.count, api_time(g.seen) AS last_seen
    FROM groups g JOIN analytics_error_kinds k ON k.id = g.kind ORDER BY g.count DESC, g.seen DESC, g.kind
)
SELECT json_build_object('errors', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer)
