-- health_ping: that PostgreSQL answers
-- col answer integer
SELECT 1 AS answer
