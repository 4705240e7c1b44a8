-- analytics_peak_hours: when meetings are: GET /admin/api/analytics/peak-hours
-- arg days integer
-- arg now_hours integer: since 1970
-- col answer json
WITH list AS (
    SELECT extract(dow FROM day)::integer AS dow, hour, sum(n)::bigint AS count
    FROM analytics_meeting_hours
    WHERE day > date '1970-01-01' + ($2::integer / 24 - $1::integer)
      AND (day - date '1970-01-01') * 24 + hour <= $2::integer
    GROUP BY 1, 2 ORDER BY 1, 2
)
SELECT json_build_object('peakHours', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer) AS answer
