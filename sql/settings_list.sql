-- settings_list: nothing  ->  all settings as json
SELECT json_build_object('ratePerMinute', rate_per_minute()::text)
