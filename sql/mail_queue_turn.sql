-- mail_queue_turn: $1 outcomes json, $2 running bigint[], $3 free int  ->  id, attempt, is_last, key, recipient, template, data of what is due; see mail_turn()
SELECT id, attempt, is_last, key, recipient, template, data::text
FROM mail_turn($1::json, $2::bigint[], $3::integer)
