-- Takes the oldest renewal and raises the versions of the next stories of its section or tag; takes the renewal away
-- with the last of them. Another worker takes another renewal. Only what is public can have been told to anyone.
-- Uses: the keys of reactions_renewal, articles_article and reactions_tally; articles_by_section or the index of tags.
-- Locks: the renewal, then the articles' tallies in key order.
-- Returns no row where none waits, else how many stories.
WITH taken AS MATERIALIZED (
  SELECT id, section_id, tag_id, told_to FROM reactions_renewal ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
), stories AS MATERIALIZED (
  SELECT id
    FROM (SELECT a.id, a.state, told_to FROM taken JOIN articles_article a USING (section_id)
           UNION ALL
          SELECT a.id, a.state, told_to
            FROM taken JOIN articles_articletag t USING (tag_id) JOIN articles_article a ON a.id = t.article_id) story
   WHERE state IN ('published', 'corrected', 'retracted') AND (told_to IS NULL OR id > told_to)
   ORDER BY id LIMIT %(most)s::int
), tallied AS (
  INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
  SELECT id, 1, 0, clock_timestamp() FROM stories ORDER BY id
      ON CONFLICT (article_id) DO UPDATE
     SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
), moved AS (
  UPDATE reactions_renewal r SET told_to = (SELECT id FROM stories ORDER BY id DESC LIMIT 1)
    FROM taken WHERE r.id = taken.id AND (SELECT count(*) FROM stories) = %(most)s::int
), done AS (
  DELETE FROM reactions_renewal r
   USING taken WHERE r.id = taken.id AND (SELECT count(*) FROM stories) < %(most)s::int
)
SELECT (SELECT count(*) FROM stories) FROM taken;
