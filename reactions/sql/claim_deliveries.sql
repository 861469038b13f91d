-- Claims what is due for sending, those that wait longest first: of an endpoint no more than `of_one` are open at a time, of
-- one that fails one alone. A claim ends by itself, where its process died.
-- Must run under lock_webhooks.sql, so that two processes do not together open more.
-- Uses: the index reactions_deliveries_due and the key of the endpoints. Returns rows (id).
WITH open AS MATERIALIZED (
  SELECT endpoint_id, count(*) AS open FROM reactions_webhookdelivery
   WHERE state = 'waiting' AND leased_until > clock_timestamp() GROUP BY endpoint_id
), due AS MATERIALIZED (
  SELECT d.id, d.next_attempt_at,
         row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.next_attempt_at, d.created_at) + COALESCE(open.open, 0) AS number,
         CASE WHEN e.failing_since IS NULL THEN %(of_one)s::int ELSE 1 END AS most
    FROM reactions_webhookdelivery d
    JOIN reactions_webhookendpoint e ON e.id = d.endpoint_id AND e.active
    LEFT JOIN open USING (endpoint_id)
   WHERE d.state = 'waiting' AND d.next_attempt_at <= clock_timestamp()
     AND (d.leased_until IS NULL OR d.leased_until <= clock_timestamp())
     AND (e.not_before IS NULL OR e.not_before <= clock_timestamp())
)
UPDATE reactions_webhookdelivery d
   SET attempts = attempts + 1, attempted_at = clock_timestamp(),
       leased_until = clock_timestamp() + make_interval(secs => %(lease)s::float8)
 WHERE id IN (SELECT id FROM due WHERE number <= most
               ORDER BY number, next_attempt_at LIMIT %(most)s::int)
RETURNING id;
