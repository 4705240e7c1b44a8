-- webhooks_insert: the webhook with its secret. No row: the account has as many as it may
-- arg user_id bigint
-- arg url text
-- arg events json: a list
-- arg secret text
-- arg most integer: so many it may have
-- col answer json
SELECT json_build_object('id', id, 'url', url, 'events', to_json(events), 'secret', secret, 'status', 'active',
                         'created_at', api_time(created_at)) AS answer
FROM webhook_new($1::bigint, $2::text, $3::json, $4::text, $5::integer)
