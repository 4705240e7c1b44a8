-- meetings_invite: an invitation was made; only the latest 1000 are kept. Repeating it changes nothing
-- arg meeting_id text
-- arg invite_hash text
UPDATE meetings
SET invites = (invites || $2::text)[greatest(cardinality(invites) - 998, 1):]
WHERE meeting_id = $1::text AND $2::text <> ALL (invites)
