-- Set-aside articles that are due for another try, the longest due first. Reads reactions_setaside, which is nearly
-- always empty. Locks nothing.
SELECT article_id FROM reactions_setaside WHERE retry_at <= clock_timestamp() ORDER BY retry_at LIMIT %(most)s::int;
