-- True for one transaction at a time, until it ends. The number names the work: reconciling.
SELECT pg_try_advisory_xact_lock(710001);
