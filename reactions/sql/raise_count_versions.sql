-- Raises the count versions of these articles, because the articles themselves changed, and removes them from the outbox
-- of changed articles. An open article without reactions needs no new version, for its answer cannot be wrong; unless
-- default policies exist, for another section or tag may mean another policy.
-- Uses: the keys of articles_article and reactions_countversion; the whole of reactions_articlechange, which is small.
-- Locks: the outbox entries, skipping those of another process; the articles' count versions, in key order.
WITH done AS (
  DELETE FROM reactions_articlechange
   WHERE id IN (SELECT id FROM reactions_articlechange
                 WHERE article_id = ANY (%(articles)s::uuid[]) FOR UPDATE SKIP LOCKED)
)
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
SELECT a.id, 1, 0, clock_timestamp()
  FROM articles_article a
 WHERE a.id = ANY (%(articles)s::uuid[])
   AND (a.state NOT IN ({{current_states}})
        OR EXISTS (SELECT FROM reactions_countversion WHERE article_id = a.id)
        OR EXISTS (SELECT FROM reactions_defaultpolicy))
 ORDER BY a.id
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING article_id;
