-- meetings_spend: an invitation was used
-- arg meeting_id text
-- arg invite_hash text
UPDATE meetings SET invites = array_remove(invites, $2::text) WHERE meeting_id = $1::text
