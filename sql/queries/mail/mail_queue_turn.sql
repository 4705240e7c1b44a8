-- mail_queue_turn: says what came of mails and answers which are due: mail_turn()
-- arg outcomes json: a list
-- arg running bigints: those under way
-- arg free integer: so many more may be
-- col id bigint
-- col attempt integer
-- col is_last boolean
-- col key uuid
-- col recipient text
-- col template text
-- col data json
SELECT id, attempt, is_last, key, recipient, template, data
FROM mail_turn($1::json, $2::bigint[], $3::integer)
