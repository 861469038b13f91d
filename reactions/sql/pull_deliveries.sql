-- Has what waits for an endpoint sent within some seconds, spread over them. Uses: the index of deliveries by endpoint.
-- Locks those deliveries. Returns a row for each.
UPDATE reactions_webhookdelivery
   SET next_attempt_at = LEAST(next_attempt_at, clock_timestamp() + random() * make_interval(secs => %(within)s::float8))
 WHERE endpoint_id = %(endpoint)s::bigint AND state = 'waiting'
RETURNING 1;
