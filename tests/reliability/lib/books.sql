-- Everything that the journal is compared with, as of one moment, and what is wrong with it whatever anybody was told.
SELECT json_build_object(
    'users', (SELECT coalesce(json_agg(u), '[]') FROM (SELECT id, email, company_id, balance::text FROM users) u),
    'keys', (SELECT coalesce(json_agg(k), '[]') FROM (SELECT id, user_id, key_hash, label FROM api_keys) k),
    'transactions', (SELECT coalesce(json_agg(t), '[]') FROM
        (SELECT user_id, company_id, amount_usd::text AS amount, type, description, reference FROM transactions) t),
    'meetings', (SELECT coalesce(json_agg(m), '[]') FROM
        (SELECT meeting_id, title, settings, status, scheduled_at < now() - interval '5 seconds' AS is_due, invites FROM meetings) m),
    'history', (SELECT coalesce(json_agg(h), '[]') FROM
        (SELECT meeting_id, title, peak_participants AS peak, cost_usd::text AS cost FROM meeting_history WHERE NOT is_guest) h),
    'webhooks', (SELECT coalesce(json_agg(w), '[]') FROM (SELECT id, user_id, url FROM webhooks) w),
    'deliveries', (SELECT coalesce(json_agg(d ORDER BY d.webhook_id, d.meeting_id, d.sequence), '[]') FROM
        (SELECT id, webhook_id, event, meeting_id, sequence, status, body FROM webhook_deliveries) d),
    'people', (SELECT count(*) FROM meeting_participants),
    'wrong', (SELECT coalesce(json_agg(what), '[]') FROM (
        SELECT format('user %s: balance %s, transactions %s', u.id, u.balance, sum(coalesce(t.amount_usd, 0))) AS what
        FROM users u LEFT JOIN transactions t ON t.user_id = u.id GROUP BY u.id
        HAVING u.balance <> sum(coalesce(t.amount_usd, 0))
        UNION ALL
        SELECT format('company %s: balance %s, transactions %s', c.id, c.balance, sum(coalesce(t.amount_usd, 0)))
        FROM companies c LEFT JOIN transactions t ON t.company_id = c.id GROUP BY c.id
        HAVING c.balance <> sum(coalesce(t.amount_usd, 0))
        UNION ALL
        SELECT format('history of %s: %s minutes, %s people, cost %s', meeting_id, duration_minutes, peak_participants, cost_usd)
        FROM meeting_history
        WHERE cost_usd <> CASE WHEN is_guest THEN 0 ELSE round(duration_minutes * peak_participants * 0.004, 4) END
        UNION ALL
        SELECT format('history of %s: cost %s, charged %s times: %s', h.meeting_id, h.cost_usd, count(t.id), sum(t.amount_usd))
        FROM meeting_history h LEFT JOIN transactions t ON t.reference = 'meeting:' || h.ended_key
        GROUP BY h.id
        HAVING count(t.id) <> (h.cost_usd > 0)::integer OR coalesce(sum(t.amount_usd), 0) <> -h.cost_usd
        UNION ALL
        SELECT format('a charge without history: %s', t.reference)
        FROM transactions t
        WHERE t.type = 'meeting_charge'
          AND NOT EXISTS (SELECT FROM meeting_history h WHERE t.reference = 'meeting:' || h.ended_key)
        UNION ALL
        SELECT format('meeting %s ended %s times', meeting_id, count(*)) FROM meeting_history GROUP BY meeting_id HAVING count(*) > 1
        UNION ALL
        SELECT format('meeting %s is live and over', meeting_id) FROM meeting_history JOIN meetings USING (meeting_id)
        UNION ALL
        SELECT format('user %s was charged for what is its company''s: %s', u.id, t.reference)
        FROM transactions t JOIN meeting_history h ON t.reference = 'meeting:' || h.ended_key JOIN users u ON u.id = t.user_id
        WHERE h.company_id IS NOT NULL
    ) AS all_wrong)
)
