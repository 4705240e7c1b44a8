-- meetings_create: a meeting of an account
-- arg user_id bigint
-- arg meeting_id text
-- arg title text
-- arg admin_token_hash text
-- arg settings json
-- arg scheduled_at usec null: null: it begins now
-- arg created_at usec
-- arg most integer: so many live ones the account may have
-- col outcome text: created, credit, many, taken, gone
-- col company_id bigint null: which pays for it
SELECT outcome, company AS company_id
FROM meeting_create($1::bigint, $2::text, $3::text, $4::text, $5::json, from_us($6::bigint), from_us($7::bigint),
                    $8::integer)
