-- When the oldest mark was made. Uses: the key of reactions_mark. Locks nothing.
SELECT (SELECT marked_at FROM reactions_mark ORDER BY id LIMIT 1);
