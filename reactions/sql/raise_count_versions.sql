-- Raises the count versions of these articles, because the articles themselves changed, and removes them from the outbox
-- of changed articles. An open article without reactions needs no new version, for its answer cannot be wrong; unless
-- default policies exist, for another section or tag may mean another policy. An article whose version another
-- transaction holds stays in the outbox.
-- Uses: the keys of articles_article and reactions_countversion; the whole of reactions_articlechange, which is small.
-- Locks: the outbox entries, skipping those of another process; the articles' count versions, in key order, skipping
-- those that are held; waits only for one that is being created.
-- Returns a row for each article that has a new version.
WITH wanted AS MATERIALIZED (
  SELECT a.id, v.article_id IS NOT NULL AS is_known,
         a.state NOT IN ({{current_states}}) OR v.article_id IS NOT NULL OR EXISTS (SELECT FROM reactions_defaultpolicy)
           AS is_needed
    FROM articles_article a LEFT JOIN reactions_countversion v ON v.article_id = a.id
   WHERE a.id = ANY (%(articles)s::uuid[])
), free AS MATERIALIZED (
  SELECT v.article_id
    FROM wanted JOIN reactions_countversion v ON v.article_id = wanted.id
   ORDER BY v.article_id
     FOR NO KEY UPDATE OF v SKIP LOCKED
), held AS MATERIALIZED (
  SELECT id FROM wanted WHERE is_known AND id NOT IN (SELECT article_id FROM free)
), done AS (
  DELETE FROM reactions_articlechange
   WHERE id IN (SELECT id FROM reactions_articlechange
                 WHERE article_id = ANY (%(articles)s::uuid[]) AND article_id NOT IN (SELECT id FROM held)
                   FOR UPDATE SKIP LOCKED)
)
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
SELECT id, 1, 0, clock_timestamp()
  FROM wanted
 WHERE is_needed AND id NOT IN (SELECT id FROM held)
 ORDER BY id
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING article_id;
