-- webhook_deliveries_forget: the log of deliveries goes back 30 days
DELETE FROM webhook_deliveries
WHERE id IN (SELECT id FROM webhook_deliveries
             WHERE status <> 'pending' AND created_at < now() - interval '30 days' LIMIT 20000)
