-- Deletes the tombstones of articles that are gone for so long, and keeps the last one's position: cursors below it have
-- expired. What is gone counts from when it got its position. Must run under lock_changes.sql.
-- Uses: the index reactions_tombstones. Returns one row: how many were deleted.
WITH forgotten AS (
  DELETE FROM reactions_change
   WHERE gone <> '' AND at < statement_timestamp() - make_interval(days => %(days)s::int)
  RETURNING position
), moved AS (
  UPDATE reactions_changefeed SET forgotten = GREATEST(forgotten, (SELECT max(position) FROM forgotten))
   WHERE EXISTS (SELECT FROM forgotten)
)
SELECT count(*) FROM forgotten;
