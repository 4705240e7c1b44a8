-- wrk's request for POST /api/meetings/guest, and how many were refused
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"title":"Quick Sync"}'
