-- payment_problems_list: the newest 500: GET /admin/api/payments/problems
-- col answer json
SELECT json_build_object('problems', coalesce(json_agg(json_build_object(
    'id', p.id, 'kind', p.kind, 'reference', p.reference, 'user_id', p.user_id, 'email', u.email,
    'amount_usd', p.amount_usd::text, 'detail', p.detail, 'created_at', api_time(p.created_at)) ORDER BY p.id DESC), '[]'))
       AS answer
FROM (SELECT * FROM payment_problems ORDER BY id DESC LIMIT 500) p LEFT JOIN users u ON u.id = p.user_id
