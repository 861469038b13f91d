-- Records that an aggregation ran to its end, and its watermark of the outbox (watermark.py). At most once a second,
-- whatever the number of workers: one that finds the row locked leaves it. Uses: the key of reactions_aggregationrun. Locks: its one row, without waiting.
WITH run AS MATERIALIZED (
  SELECT id FROM reactions_aggregationrun
   WHERE ended_at < clock_timestamp() - interval '1 second'
     FOR NO KEY UPDATE SKIP LOCKED
), noted AS (
  UPDATE reactions_aggregationrun r SET ended_at = clock_timestamp(), watermark = %(watermark)s::bigint
    FROM run WHERE r.id = run.id
)
INSERT INTO reactions_aggregationrun (id, ended_at, watermark)
SELECT 1, clock_timestamp(), %(watermark)s::bigint WHERE NOT EXISTS (SELECT FROM reactions_aggregationrun)
    ON CONFLICT DO NOTHING
RETURNING 1;
