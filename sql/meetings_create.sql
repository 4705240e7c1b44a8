-- meetings_create: $1 user_id, $2 meeting_id text, $3 title text, $4 admin_token_hash text, $5 settings json, $6 scheduled_at µs|null, $7 created_at µs, $8 most live meetings int  ->  outcome text (created, credit, many, taken, gone), company_id|null
SELECT outcome, company
FROM meeting_create($1::bigint, $2::text, $3::text, $4::text, $5::json, from_us($6::bigint), from_us($7::bigint),
                    $8::integer)
