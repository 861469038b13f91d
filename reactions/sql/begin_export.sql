-- Sets how long each statement of this transaction may run, and the memory of its sorts and groups. Locks nothing.
SELECT set_config('statement_timeout', %(milliseconds)s::text, true), set_config('work_mem', %(memory)s::text, true);
