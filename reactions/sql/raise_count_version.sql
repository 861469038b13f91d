-- Raises the count version of an article, because the article itself changed. An open article without reactions needs
-- none, for its answer cannot be wrong; unless default policies exist, for another section or tag may mean another
-- policy. Uses: the keys of both tables. Locks: the article's count version.
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
SELECT a.id, 1, 0, clock_timestamp()
  FROM articles_article a
 WHERE a.id = %(article)s::uuid
   AND (a.state NOT IN ({{current_states}})
        OR EXISTS (SELECT FROM reactions_countversion WHERE article_id = a.id)
        OR EXISTS (SELECT FROM reactions_defaultpolicy))
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING version;
