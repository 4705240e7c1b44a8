-- companies_members: the owner first, then in the order in which they came; at most 10,000
-- arg company_id bigint
-- col answer json
SELECT json_build_object('members', coalesce(json_agg(json_build_object(
    'id', m.id, 'email', m.email, 'role', m.company_role, 'joined_at', api_time(m.company_joined_at))
    ORDER BY m.company_role = 'owner' DESC, m.company_joined_at, m.id), '[]')) AS answer
FROM (SELECT * FROM users u WHERE u.company_id = $1::bigint
      ORDER BY u.company_role = 'owner' DESC, u.company_joined_at, u.id LIMIT 10000) m
