-- A page of the change feed: what changed after a position and until another one, of the articles that have `facets` or had
-- them. Counts are listed only of articles that have them.
-- Uses: reactions_change_position, the key of reactions_change. Locks nothing.
-- Returns rows (article, part, position, when, version of the article, why it is gone or empty, merged into or null, whether
-- it has the facets).
SELECT c.article_id, c.part, c.position, c.at, content.version, content.gone, content.into_id,
       content.facets @> %(facets)s::text[]
  FROM reactions_change c
  JOIN reactions_change content ON content.article_id = c.article_id AND content.part = 0
 WHERE c.position > %(after)s::bigint AND c.position <= %(until)s::bigint
   AND content.seen_facets @> %(facets)s::text[]
   AND (c.part = 0 OR content.gone = '' AND content.facets @> %(facets)s::text[])
 ORDER BY c.position
 LIMIT %(most)s::int;
