-- Adds an outbox entry for each row of these articles whose `counted` is stale without one. There should be none.
-- Uses: the key of reactions_reaction. Locks nothing that readers need. With `only_count` it adds none.
-- Returns one row: how many there were.
WITH missed AS MATERIALIZED (
  SELECT r.article_id, r.reader_id
    FROM reactions_reaction r
   WHERE r.article_id = ANY (%(articles)s::uuid[])
     AND r.counted <> CASE WHEN r.held THEN 0 ELSE r.kinds END
     AND NOT EXISTS (SELECT FROM reactions_outboxentry e
                      WHERE e.article_id = r.article_id AND e.reader_id = r.reader_id)
), own AS MATERIALIZED (
  SELECT pg_current_xact_id()  -- before the id of an entry: watermark.py relies on it
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id)
  SELECT article_id, reader_id FROM missed CROSS JOIN own WHERE NOT %(only_count)s::boolean
)
SELECT count(*) FROM missed;
