-- rows_forget: what has had its time is thrown away: rows_forget()
-- arg analytics_days integer: 0: analytics are kept
-- arg most integer: rows of each table
-- col n bigint: the most rows that went from one table
SELECT rows_forget($1::integer, $2::integer) AS n
