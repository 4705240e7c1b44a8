-- analytics_errors: $1 days int  ->  one row: the answer of GET /admin/api/analytics/errors, in JSON: the most frequent 1000
WITH groups AS (
    SELECT kind, sum(n)::bigint AS count, max(last_seen) AS seen
    FROM analytics_error_days WHERE day >= utc_day(now()) - ($1::integer - 1)
    GROUP BY kind ORDER BY 2 DESC, 3 DESC, kind LIMIT 1000
), list AS (
    SELECT k.event_type, k.route, k.message, g.count, api_time(g.seen) AS last_seen
    FROM groups g JOIN analytics_error_kinds k ON k.id = g.kind ORDER BY g.count DESC, g.seen DESC, g.kind
)
SELECT json_build_object('errors', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer)
