-- Limits how long this transaction waits for one lock. Locks nothing.
SELECT set_config('lock_timeout', %(milliseconds)s::text, true);
