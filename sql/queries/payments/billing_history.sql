-- billing_history: the balance and the newest 500 movements, the company's for its members
-- arg user_id bigint
-- col answer json
SELECT json_build_object(
    'balance', coalesce(c.balance, u.balance)::text,
    'transactions', coalesce((
        SELECT json_agg(shown)
        FROM (SELECT transaction_json(t) AS shown FROM transactions t
              WHERE (u.company_id IS NULL AND t.user_id = u.id) OR t.company_id = u.company_id
              ORDER BY t.id DESC LIMIT 500) newest), '[]'::json)) AS answer
FROM users u LEFT JOIN companies c ON c.id = u.company_id
WHERE u.id = $1::bigint
