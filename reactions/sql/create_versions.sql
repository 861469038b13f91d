-- Creates the count versions of articles that have none; version 0 is of counts that were never changed.
-- Uses: the keys of reactions_countversion and articles_article. Locks: the new versions, in key order; waits for a
-- transaction that is creating one of them. Returns a row for each created.
INSERT INTO reactions_countversion (article_id, version, cached_version, counted_at)
SELECT article_id, 0, 0, COALESCE(a.first_published_at, clock_timestamp())
  FROM unnest(%(articles)s::uuid[]) AS article_id
  LEFT JOIN articles_article a ON a.id = article_id
 ORDER BY article_id
    ON CONFLICT (article_id) DO NOTHING
RETURNING article_id;
