-- companies_members: $1 company_id bigint  ->  its members as json, in the order in which they came
SELECT json_build_object('members', coalesce(json_agg(json_build_object(
    'id', u.id, 'email', u.email, 'role', u.company_role, 'joined_at', api_time(u.company_joined_at))
    ORDER BY u.company_role = 'owner' DESC, u.company_joined_at, u.id), '[]'))
FROM users u
WHERE u.company_id = $1::bigint
