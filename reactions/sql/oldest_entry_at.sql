-- When the oldest outbox entry was made. Uses: the key of reactions_outboxentry. Locks nothing.
SELECT (SELECT created_at FROM reactions_outboxentry ORDER BY id LIMIT 1);
