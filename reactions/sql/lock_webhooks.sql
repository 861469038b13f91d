-- Keeps two claims of webhook deliveries apart, until the end of the transaction. Returns one row: whether this one may go on.
SELECT pg_try_advisory_xact_lock(hashtext('reactions_webhooks'));
