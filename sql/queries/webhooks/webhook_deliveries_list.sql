-- webhook_deliveries_list: {deliveries: […]}, the latest 100, the newest first. No row: not this user's webhook
-- arg user_id bigint
-- arg webhook_id bigint
-- col answer json
SELECT json_build_object('deliveries', coalesce((
           SELECT json_agg(json_build_object(
                      'id', d.id, 'event', d.event, 'meetingId', d.meeting_id, 'sequence', d.sequence,
                      'status', d.status, 'attempts', d.attempts, 'responseStatus', d.response_status, 'error', d.error,
                      'body', d.body, 'created_at', api_time(d.created_at), 'delivered_at', api_time(d.delivered_at),
                      'next_attempt_at', CASE WHEN d.status = 'pending' THEN api_time(d.next_attempt_at) END)
                  ORDER BY d.id DESC)
           FROM (SELECT * FROM webhook_deliveries l WHERE l.webhook_id = w.id ORDER BY l.id DESC LIMIT 100) d),
           '[]')) AS answer
FROM webhooks w
WHERE w.user_id = $1::bigint AND w.id = $2::bigint
