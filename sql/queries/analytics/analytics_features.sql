-- analytics_features: what is used how much: GET /admin/api/analytics/features
-- arg days integer
-- arg now_hours integer: since 1970
-- col answer json
WITH used AS (
    SELECT feature, sum(uses)::bigint AS total_uses, count(*) AS active_days
    FROM analytics_feature_days WHERE day > date '1970-01-01' + ($2::integer / 24 - $1::integer) GROUP BY feature
), users AS (
    SELECT feature, sum(actors)::bigint AS unique_users
    FROM analytics_feature_last_days WHERE day > date '1970-01-01' + ($2::integer / 24 - $1::integer) GROUP BY feature
), list AS (
    SELECT feature, total_uses, coalesce(unique_users, 0) AS unique_users, active_days
    FROM used LEFT JOIN users USING (feature) ORDER BY total_uses DESC, feature
)
SELECT json_build_object('features', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer) AS answer
