-- settings_set_rate: what a participant's minute costs
-- arg rate_per_minute numeric
INSERT INTO settings (name, value) VALUES ('rate_per_minute', $1::numeric(14, 4)::text)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
