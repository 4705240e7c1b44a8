-- webhooks_insert: $1 user_id bigint, $2 url text, $3 events json, $4 secret text, $5 most int  ->  the webhook with its secret; no row: the account has that many
SELECT json_build_object('id', id, 'url', url, 'events', to_json(events), 'secret', secret, 'status', 'active',
                         'created_at', api_time(created_at))::text
FROM webhook_new($1::bigint, $2::text, $3::json, $4::text, $5::integer)
