-- analytics_retention: who came back, this week and the eleven before: GET /admin/api/analytics/retention
-- col answer json
WITH list AS (
    SELECT this.week, coalesce(w.users, 0) AS users, coalesce(w.retained, 0) AS retained
    FROM (SELECT utc_week(now()) - 7 * n AS week FROM generate_series(0, 11) AS n) AS this
    LEFT JOIN analytics_weeks w ON w.week = this.week
    ORDER BY this.week DESC
)
SELECT json_build_object('retention', (SELECT json_agg(list) FROM list)) AS answer
