-- analytics_peak_hours: $1 days int, $2 now, in hours since 1970, int  ->  one row: the answer of GET /admin/api/analytics/peak-hours, in JSON
WITH list AS (
    SELECT extract(dow FROM day)::integer AS dow, hour, sum(n)::bigint AS count
    FROM analytics_meeting_hours
    WHERE day > date '1970-01-01' + ($2::integer / 24 - $1::integer)
      AND (day - date '1970-01-01') * 24 + hour <= $2::integer
    GROUP BY 1, 2 ORDER BY 1, 2
)
SELECT json_build_object('peakHours', coalesce((SELECT json_agg(list) FROM list), '[]'), 'days', $1::integer)
