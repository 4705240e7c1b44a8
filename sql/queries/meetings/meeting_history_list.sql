-- meeting_history_list: {meetings: […]}, the newest first: of the company and what the user paid itself; without a
-- company, all of the user's
-- arg user_id bigint
-- arg company_id bigint null
-- arg most integer: rows
-- arg before_id bigint null: only what is older than this one
-- col answer json
WITH before AS (
    SELECT coalesce((SELECT ended_at FROM meeting_history
                     WHERE id = $4::bigint AND (owner_id = $1::bigint OR company_id = $2::bigint)), 'infinity') AS at,
           coalesce($4::bigint, 9223372036854775807) AS id
), found AS (
    (SELECT history_json(h) AS shown, h.ended_at, h.id FROM meeting_history h, before b
     WHERE h.company_id = $2::bigint AND (h.ended_at, h.id) < (b.at, b.id)
     ORDER BY h.ended_at DESC, h.id DESC LIMIT $3::integer)
    UNION ALL
    (SELECT history_json(h) AS shown, h.ended_at, h.id FROM meeting_history h, before b
     WHERE h.owner_id = $1::bigint AND ($2::bigint IS NULL OR h.company_id IS NULL)
           AND (h.ended_at, h.id) < (b.at, b.id)
     ORDER BY h.ended_at DESC, h.id DESC LIMIT $3::integer)
), listed AS (
    SELECT * FROM found ORDER BY ended_at DESC, id DESC LIMIT $3::integer
)
SELECT json_build_object('meetings', coalesce(json_agg(shown ORDER BY ended_at DESC, id DESC), '[]')) AS answer
FROM listed
