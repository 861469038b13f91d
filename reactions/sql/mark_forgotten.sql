-- Marks rows of these articles whose `counted` is not where it should be and that nobody has marked. There should
-- be none. Uses: the key of reactions_reaction. Locks nothing that readers need. With `only_count` it marks none.
-- Returns one row: how many there were.
WITH forgotten AS MATERIALIZED (
  SELECT r.article_id, r.reader_id
    FROM reactions_reaction r
   WHERE r.article_id = ANY (%(articles)s::uuid[])
     AND r.counted <> CASE WHEN r.held THEN 0 ELSE r.kinds END
     AND NOT EXISTS (SELECT FROM reactions_mark m
                      WHERE m.article_id = r.article_id AND m.reader_id = r.reader_id)
), marked AS (
  INSERT INTO reactions_mark (article_id, reader_id)
  SELECT article_id, reader_id FROM forgotten WHERE NOT %(only_count)s::boolean
)
SELECT count(*) FROM forgotten;
