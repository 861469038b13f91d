-- Raises the version of an article's public answer, because the story itself changed. A story that is open and
-- that nobody has reacted to needs none, for nothing of it can be wrong; unless presets exist, for another section
-- or tag may mean another policy. Uses: the keys of both tables.
-- Locks: the article's tally.
INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
SELECT a.id, 1, 0, clock_timestamp()
  FROM articles_article a
 WHERE a.id = %(article)s::uuid
   AND (a.state NOT IN ('published', 'corrected')
        OR EXISTS (SELECT FROM reactions_tally WHERE article_id = a.id)
        OR EXISTS (SELECT FROM reactions_preset))
    ON CONFLICT (article_id) DO UPDATE
   SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
RETURNING version;
