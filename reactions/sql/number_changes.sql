-- Gives what changed its positions in the feed, above `base`: first the content of articles, then counts. The notes are
-- deleted; those of transactions that are not committed are not seen, and get later positions.
-- An article that was never public has no place in the feed. One that is gone keeps its row, which says why, and has no
-- counts. What it is found by (facets): `listed`, `section:3`, `tag:3`, `author:3`, `site:3`, `source:reuters`, and its
-- language with each shorter tag.
-- Uses: the keys of reactions_changenote, reactions_change, articles_article, its links and corrections. Locks the rows of the feed that
-- it writes, which only the holder of lock_changes.sql writes. Returns one row: how many notes there were, and the last position.
WITH taken AS (
  DELETE FROM reactions_changenote
   WHERE id IN (SELECT id FROM reactions_changenote ORDER BY id LIMIT %(most)s::int)
  RETURNING id, article_id, part
), noted AS MATERIALIZED (
  SELECT article_id, part, min(id) AS first
    FROM (SELECT id, article_id, part FROM taken
           UNION ALL  -- counts of an article whose content the feed does not have
          SELECT id, article_id, 0 FROM taken
           WHERE part = 1 AND NOT EXISTS (SELECT FROM reactions_change c WHERE c.article_id = taken.article_id AND c.part = 0)
         ) each
   GROUP BY article_id, part
), subject AS MATERIALIZED (
  SELECT noted.article_id, noted.part, noted.first, known.version AS known_version, a.version, a.merged_into_id,
         known.gone AS known_gone, known.state AS known_state, COALESCE(a.state, '') AS state,
         CASE WHEN a.id IS NULL THEN 'deleted'
              WHEN a.state IN ({{public_states}}) THEN ''
              WHEN a.state IN ('killed', 'merged') THEN a.state
              ELSE 'unpublished' END AS gone
    FROM noted
    LEFT JOIN articles_article a ON a.id = noted.article_id
    LEFT JOIN reactions_change known ON known.article_id = noted.article_id AND known.part = 0
), numbered AS MATERIALIZED (
  SELECT subject.*, %(base)s::bigint + row_number() OVER (ORDER BY part, first) AS position
    FROM subject
   WHERE gone = '' OR part = 0 AND known_version IS NOT NULL
), content AS (
  INSERT INTO reactions_change AS c (article_id, part, position, at, version, state, gone, into_id, facets, seen_facets)
  SELECT numbered.article_id, 0, position, clock_timestamp(), COALESCE(numbered.version, known_version + 1),
         numbered.state, gone,
         numbered.merged_into_id, found.facets, found.facets
    FROM numbered
    LEFT JOIN articles_article a ON a.id = numbered.article_id AND gone = ''
    CROSS JOIN LATERAL (
      SELECT array_remove(ARRAY[CASE WHEN a.is_listed THEN 'listed' END,
                                'section:' || a.section_id, 'site:' || a.site_id,
                                'source:' || NULLIF(lower(a.dateline_source), ''),
                                (SELECT 'source:' || lower(s.name) FROM articles_source s WHERE s.id = a.source_id)]
             || ARRAY(SELECT 'tag:' || t.tag_id FROM articles_articletag t WHERE t.article_id = a.id)
             || ARRAY(SELECT 'author:' || w.author_id FROM articles_articleauthor w WHERE w.article_id = a.id)
             || ARRAY(SELECT 'language:' || array_to_string((string_to_array(lower(a.language), '-'))[1:length], '-')
                        FROM generate_series(1, cardinality(string_to_array(a.language, '-'))) AS length),
             NULL) AS facets
    ) found
   WHERE part = 0
      ON CONFLICT (article_id, part) DO UPDATE
     SET position = EXCLUDED.position, at = EXCLUDED.at, version = EXCLUDED.version, state = EXCLUDED.state, gone = EXCLUDED.gone,
         into_id = EXCLUDED.into_id, facets = EXCLUDED.facets,
         seen_facets = ARRAY(SELECT DISTINCT unnest(c.seen_facets || EXCLUDED.facets))
), counted AS (
  INSERT INTO reactions_change AS c (article_id, part, position, at, version, state, gone, facets, seen_facets)
  SELECT article_id, 1, position, clock_timestamp(), 0, '', '', '{}', '{}' FROM numbered WHERE part = 1
      ON CONFLICT (article_id, part) DO UPDATE SET position = EXCLUDED.position, at = EXCLUDED.at
), event AS (  -- for webhooks, where there are any: once for each change that has a name, whatever happened in between
  INSERT INTO reactions_webhookevent (type, article_id, data, position)
  SELECT type, article_id, jsonb_build_object('version', COALESCE(version, known_version + 1), 'into', merged_into_id), position
    FROM (SELECT numbered.*,
                 CASE WHEN gone <> '' THEN CASE WHEN gone <> known_gone THEN 'article.' || gone END
                      WHEN known_gone IS DISTINCT FROM '' THEN 'article.published'
                      WHEN state = 'retracted' AND known_state <> 'retracted' THEN 'article.retracted'
                      WHEN EXISTS (SELECT FROM articles_correction c
                                    WHERE c.article_id = numbered.article_id AND c.version > known_version)
                        THEN 'article.corrected'
                      WHEN version > known_version THEN 'article.updated' END AS type
            FROM numbered
           WHERE part = 0 AND EXISTS (SELECT FROM reactions_webhookendpoint WHERE active)) named
   WHERE type IS NOT NULL
), uncounted AS (
  DELETE FROM reactions_change WHERE part = 1 AND article_id IN (SELECT article_id FROM subject WHERE gone <> '')
), moved AS (
  UPDATE reactions_changefeed SET position = position + (SELECT count(*) FROM numbered) RETURNING position
)
SELECT (SELECT count(*) FROM taken), (SELECT position FROM moved);
