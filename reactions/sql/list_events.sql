-- The events of some types after a position and until another one, at most about so many: those of one position all come.
-- Uses: the index reactions_events. Locks nothing. Returns rows (type, article or null, data as JSON, when, position).
WITH found AS (
  SELECT type, article_id, data, at, position, id
    FROM reactions_webhookevent
   WHERE position > %(after)s::bigint AND position <= %(until)s::bigint AND type = ANY (%(types)s::text[])
   ORDER BY position
   FETCH FIRST %(most)s ROWS WITH TIES
)
SELECT type, article_id, data::text, at, position FROM found ORDER BY position, id;
