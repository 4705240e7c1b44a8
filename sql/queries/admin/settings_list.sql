-- settings_list: what administrators may set
-- col answer json
SELECT json_build_object('ratePerMinute', rate_per_minute()::text) AS answer
