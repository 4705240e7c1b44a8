-- meetings_spend: $1 meeting_id text, $2 hash of the invitation text  ->  nothing
UPDATE meetings SET invites = array_remove(invites, $2::text) WHERE meeting_id = $1::text
