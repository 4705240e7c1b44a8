-- analytics_peak_hours: $1 days int  ->  one row: the answer of GET /admin/api/analytics/peak-hours, in JSON
WITH list AS (
    SELECT extract(dow FROM day)::integer AS dow, hour, sum(n)::bigint AS count
    FROM analytics_meeting_hours
    WHERE day >= utc_day(now()) - ($1::integer - 1) AND day + hour * interval '1 hour' <= now() AT TIME ZONE 'UTC'
    GROUP BY 1, 2 ORDER BY 1, 2
)
SELECT json_build_object('peakHours', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer)
