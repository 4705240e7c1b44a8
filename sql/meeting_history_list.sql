-- meeting_history_list: $1 user_id, $2 company_id|null, $3 most rows int, $4 older than this id|null  ->  JSON {meetings: […]}, the newest first. Of the company and what the user paid itself; without a company, all of the user's
WITH before AS (
    SELECT coalesce((SELECT ended_at FROM meeting_history
                     WHERE id = $4::bigint AND (owner_id = $1::bigint OR company_id = $2::bigint)), 'infinity') AS at,
           coalesce($4::bigint, 9223372036854775807) AS id
), found AS (
    (SELECT h.* FROM meeting_history h, before b
     WHERE h.company_id = $2::bigint AND (h.ended_at, h.id) < (b.at, b.id)
     ORDER BY h.ended_at DESC, h.id DESC LIMIT $3::integer)
    UNION ALL
    (SELECT h.* FROM meeting_history h, before b
     WHERE h.owner_id = $1::bigint AND ($2::bigint IS NULL OR h.company_id IS NULL)
           AND (h.ended_at, h.id) < (b.at, b.id)
     ORDER BY h.ended_at DESC, h.id DESC LIMIT $3::integer)
), listed AS (
    SELECT * FROM found ORDER BY ended_at DESC, id DESC LIMIT $3::integer
)
SELECT json_build_object('meetings', coalesce(json_agg(json_build_object(
           'id', id, 'meeting_id', meeting_id, 'title', title, 'started_at', api_time(started_at),
           'ended_at', api_time(ended_at), 'duration_minutes', duration_minutes::text,
           'peak_participants', peak_participants, 'cost_usd', cost_usd::text)
       ORDER BY ended_at DESC, id DESC), '[]'))::text
FROM listed
