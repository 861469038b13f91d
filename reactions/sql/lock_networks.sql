-- Locks the networks of these outbox entries that come near the limit of a minute, so that concurrent aggregations share
-- it. A network with less than an eighth of the limit is not locked: eight aggregations at once stay below it.
-- Must run before moderate.sql, as a statement of its own: moderate.sql's snapshot then has what the others committed.
-- Uses: the keys of reactions_outboxentry and reactions_networkrate. Locks: advisory locks of 64 groups of networks, in
-- order, until the transaction ends; 710002 names their use. Returns a row for each.
SELECT pg_advisory_xact_lock(710002, near.stripe)
  FROM (SELECT DISTINCT (network & 63)::int AS stripe
          FROM (SELECT COALESCE(network, 0) AS network, count(*) AS entries, max(created_at) AS now
                  FROM reactions_outboxentry WHERE id = ANY (%(entries)s::bigint[]) GROUP BY COALESCE(network, 0)) here
         WHERE entries + COALESCE((SELECT sum(n.in_minute) FROM reactions_networkrate n
                                    WHERE n.network = here.network AND n.minute = date_trunc('minute', here.now)), 0)
               > %(limit)s::int / 8
         ORDER BY stripe) near;
