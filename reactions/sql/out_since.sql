-- The public articles first published since a moment, and what readers did with each since then; the most first.
-- `articles` limits it to these, null: to none.
-- Uses: the index articles_by_first_publication, the keys of sections and buckets. Locks nothing.
-- Returns at most `most` rows (article, headline, section or null, name of the section, first publication, came by kind
-- as [kind, count], came by hour since `since` as [hour, count], came in the last hour, came), each with the number of all such articles.
WITH article AS MATERIALIZED (
  SELECT id, headline, section_id, first_published_at
    FROM articles_article
   WHERE state IN ({{public_states}}) AND first_published_at >= %(since)s::timestamptz
     AND (%(articles)s::uuid[] IS NULL OR id = ANY (%(articles)s::uuid[]))
), summed AS MATERIALIZED (
  SELECT a.id, b.kind, floor(extract(epoch FROM b.start - %(since)s::timestamptz) / 3600)::bigint AS hour,
         sum(b.added)::bigint AS came,
         COALESCE(sum(b.added) FILTER (WHERE b.start >= %(hour)s::timestamptz), 0)::bigint AS last
    FROM article a JOIN reactions_bucket b ON b.article_id = a.id
   GROUP BY 1, 2, 3
), counted AS (
  SELECT a.*, COALESCE(sum(s.came), 0)::bigint AS came, COALESCE(sum(s.last), 0)::bigint AS last,
         count(*) OVER () AS of_all
    FROM article a LEFT JOIN summed s USING (id)
   GROUP BY a.id, a.headline, a.section_id, a.first_published_at
   ORDER BY came DESC, a.first_published_at DESC
   LIMIT %(most)s
)
SELECT c.id, headline, section_id, COALESCE(s.name, ''), first_published_at,
       ARRAY(SELECT ARRAY[kind, sum(came)::bigint] FROM summed WHERE summed.id = c.id GROUP BY kind),
       ARRAY(SELECT ARRAY[hour, sum(came)::bigint] FROM summed WHERE summed.id = c.id GROUP BY hour ORDER BY hour),
       last, came, of_all
  FROM counted c LEFT JOIN articles_section s ON s.id = section_id
 ORDER BY came DESC, first_published_at DESC;
