-- meetings_invite: $1 meeting_id text, $2 hash of the invitation text  ->  nothing; only the latest 1000 are kept; repeating it changes nothing
UPDATE meetings
SET invites = (invites || $2::text)[greatest(cardinality(invites) - 998, 1):]
WHERE meeting_id = $1::text AND $2::text <> ALL (invites)
