-- Limits how long each statement of this transaction may run. Locks nothing.
SELECT set_config('statement_timeout', %(milliseconds)s::text, true);
