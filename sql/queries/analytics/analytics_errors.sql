-- analytics_errors: the most frequent 1000 errors: GET /admin/api/analytics/errors
-- arg days integer
-- arg now_hours integer: since 1970
-- col answer json
WITH since AS ( -- the first day, and the first month that is all in it
    SELECT day, (date_trunc('month', day - interval '1 day') + interval '1 month')::date AS month
    FROM (SELECT date '1970-01-01' + ($2::integer / 24 - $1::integer + 1) AS day) AS first
), sums AS (
    SELECT kind, n, last_seen FROM analytics_error_days
    WHERE day >= (SELECT day FROM since) AND day < (SELECT month FROM since)
    UNION ALL
    SELECT kind, n, last_seen FROM analytics_error_months WHERE month >= (SELECT month FROM since)
), groups AS (
    SELECT kind, sum(n) AS count, max(last_seen) AS seen
    FROM sums GROUP BY kind ORDER BY 2 DESC, 3 DESC, kind LIMIT 1000
), list AS (
    SELECT k.event_type, k.route, k.message, g.count, api_time(g.seen) AS last_seen
    FROM groups g JOIN analytics_error_kinds k ON k.id = g.kind ORDER BY g.count DESC, g.seen DESC, g.kind
)
SELECT json_build_object('errors', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer) AS answer
