-- settings_set_rate: $1 rate_per_minute numeric  ->  nothing
INSERT INTO settings (name, value) VALUES ('rate_per_minute', $1::numeric(14, 4)::text)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
