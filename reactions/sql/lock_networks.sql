-- Locks groups of networks, so that concurrent aggregations share the limit of a network in a minute: what moderate.sql
-- reads afterwards has what the others committed. 710002 names the use of these advisory locks.
-- Locks: one advisory lock a group, in order, until the transaction ends. Returns a row for each.
SELECT pg_advisory_xact_lock(710002, stripe) FROM unnest(%(stripes)s::int[]) AS stripe ORDER BY stripe;
