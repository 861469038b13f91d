-- Writes invented reactions with all that aggregation would have written: rows, counts with their versions, and buckets.
-- Each line is an article, a quarter of an hour and a kind: how many were added, how many removed, and how many readers
-- made their last choice in it. Locks what it writes. Returns one row: the rows of reactions written.
WITH line AS MATERIALIZED (
  SELECT * FROM unnest(%(articles)s::uuid[], %(starts)s::timestamptz[], %(kinds)s::smallint[], %(added)s::int[],
                       %(removed)s::int[], %(readers)s::int[]) AS line (article_id, start, kind, added, removed, readers)
), reacted AS (
  INSERT INTO reactions_reaction (article_id, reader_id, kinds, counted, changed_at)
  SELECT article_id, gen_random_uuid(), 1 << kind, 1 << kind, start + random() * interval '14 minutes'
    FROM line CROSS JOIN generate_series(1, readers)
), counted AS (
  INSERT INTO reactions_articlecount AS c (article_id, kind, count)
  SELECT article_id, kind, sum(added - removed) FROM line GROUP BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = c.count + EXCLUDED.count
), versioned AS (
  INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
  SELECT article_id, 1, 0, max(start) FROM line GROUP BY article_id
      ON CONFLICT (article_id) DO UPDATE SET version = v.version + 1
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, start, kind, added, removed FROM line ORDER BY start
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
), of_sections AS (
  INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed, summed)
  SELECT start, a.section_id, kind, sum(added), sum(removed), false
    FROM line JOIN articles_article a ON a.id = article_id GROUP BY start, a.section_id, kind
), stale AS (
  INSERT INTO reactions_staleday (day)
  SELECT DISTINCT (start AT TIME ZONE 'UTC')::date FROM line WHERE start < statement_timestamp() - interval '1 day'
)
SELECT COALESCE(sum(readers), 0) FROM line;
