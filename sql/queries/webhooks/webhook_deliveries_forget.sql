-- webhook_deliveries_forget: the log of deliveries goes back 30 days, and has 1000 rows of a webhook. What was queued
-- in the last hour stays: a repeated event is known by it
DELETE FROM webhook_deliveries
WHERE status <> 'pending'
  AND (id IN (SELECT d.id FROM webhook_deliveries d
              WHERE d.status <> 'pending' AND d.created_at < now() - interval '30 days' LIMIT 20000)
       OR id IN (SELECT d.id
                 FROM webhooks w
                 CROSS JOIN LATERAL (SELECT n.id FROM webhook_deliveries n WHERE n.webhook_id = w.id
                                     ORDER BY n.id DESC OFFSET 1000 LIMIT 1) first_gone
                 JOIN webhook_deliveries d ON d.webhook_id = w.id AND d.id <= first_gone.id
                 WHERE d.status <> 'pending' AND d.created_at < now() - interval '1 hour' LIMIT 20000))
