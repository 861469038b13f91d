-- Locks the state of the change feed, so that one process at a time numbers; without a row where another one does.
-- Creates the state where there is none, which the next call finds.
-- Uses: the key of reactions_changefeed, a table of one row. Returns the last position.
WITH first AS (
  INSERT INTO reactions_changefeed (id, position, forgotten, epoch)
  SELECT 1, 0, 0, gen_random_uuid() WHERE NOT EXISTS (SELECT FROM reactions_changefeed)
      ON CONFLICT DO NOTHING
)
SELECT position FROM reactions_changefeed FOR UPDATE SKIP LOCKED;
