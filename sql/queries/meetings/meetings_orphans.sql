-- meetings_orphans: of a company whose owner isn't in it any more: meetings_orphaned()
-- col meeting_id text
-- col is_scheduled boolean: it is its owner's now; false: it is to be ended
SELECT meeting_id, is_scheduled FROM meetings_orphaned()
