-- Gives events that no change of an article has, such as alerts, one position above all others. Must run under lock_changes.sql.
-- Uses: the index reactions_events. Returns one row: how many.
WITH placed AS (
  UPDATE reactions_webhookevent SET position = (SELECT position + 1 FROM reactions_changefeed) WHERE position IS NULL
  RETURNING id
), moved AS (
  UPDATE reactions_changefeed SET position = position + 1 WHERE EXISTS (SELECT FROM placed)
)
SELECT count(*) FROM placed;
