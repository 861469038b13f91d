-- A page of the change feed: what changed after a position and until another one, of the articles that have `facets` or had
-- them. Counts are listed only of articles that have them.
-- Uses: reactions_change_position, the key of reactions_change. Row by row, so that a page of a long feed stops when it is
-- full, also before PostgreSQL has any statistics of it. Locks nothing.
-- Returns rows (article, part, position, when, version of the article, why it is gone or empty, merged into or null, whether
-- it has the facets).
SELECT c.article_id, c.part, c.position, c.at, content.version, content.gone, content.into_id,
       content.facets @> %(facets)s::text[]
  FROM (SELECT article_id, part, position, at FROM reactions_change
         WHERE position > %(after)s::bigint AND position <= %(until)s::bigint
         ORDER BY position OFFSET 0) c
 CROSS JOIN LATERAL (
       SELECT version, gone, into_id, facets, seen_facets FROM reactions_change
        WHERE article_id = c.article_id AND part = 0 OFFSET 0) content
 WHERE content.seen_facets @> %(facets)s::text[]
   AND (c.part = 0 OR content.gone = '' AND content.facets @> %(facets)s::text[])
 ORDER BY c.position
 LIMIT %(most)s::int;
