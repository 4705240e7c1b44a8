-- users_seed_admin: an account that is there becomes an administrator with this password and without its sessions:
-- addresses aren't verified, so anybody may have made it. Repeating it changes nothing
-- arg email text
-- arg password_hash text
WITH made AS (
    INSERT INTO users (email, password_hash, account_type, is_admin) VALUES ($1::text, $2::text, 'personal', true)
    ON CONFLICT (email) DO UPDATE SET is_admin = true, password_hash = excluded.password_hash WHERE NOT users.is_admin
    RETURNING id
)
DELETE FROM sessions USING made WHERE user_id = made.id
