-- billing_history: $1 user_id bigint  ->  JSON: the balance and the newest 500 movements, the company's for its members
SELECT json_build_object(
    'balance', coalesce(c.balance, u.balance)::text,
    'transactions', coalesce((
        SELECT json_agg(json_build_object('id', t.id, 'amount_usd', t.amount_usd::text, 'type', t.type,
                                          'description', t.description, 'created_at', api_time(t.created_at)))
        FROM (SELECT * FROM transactions o
              WHERE (u.company_id IS NULL AND o.user_id = u.id) OR o.company_id = u.company_id
              ORDER BY o.id DESC LIMIT 500) t), '[]'::json))::text
FROM users u LEFT JOIN companies c ON c.id = u.company_id
WHERE u.id = $1::bigint
