-- The articles that readers reacted to in a window and in the last hour: the first `most` by the reactions of each mood,
-- with `least` reactions in the window, and all that had `least` in the last hour, which may be rising.
-- `articles` limits it to these, null: to none. A mood is a mask of kinds. The days from `first_day` until before `last_day`
-- are read from their sums, null: none are.
-- Uses: the index reactions_bucket_by_start, the keys of the sums of days and of the articles, sections and buckets. Locks nothing.
-- Returns rows (article, headline, section or null, name of the section, first publication, came in the window by kind as
-- [kind, count], came of each mood, came in the last hour, came since the publication).
WITH recent AS MATERIALIZED (
  SELECT article_id, kind,
         COALESCE(sum(added) FILTER (WHERE start >= %(since)s::timestamptz), 0)::bigint AS came,
         COALESCE(sum(added) FILTER (WHERE start >= %(hour)s::timestamptz), 0)::bigint AS hour
    FROM (SELECT article_id, kind, start, added FROM reactions_bucket
           WHERE start >= LEAST(%(since)s::timestamptz, %(hour)s::timestamptz)
             AND start < COALESCE(%(first_day)s::timestamptz, 'infinity')
           UNION ALL
          SELECT article_id, kind, %(first_day)s::timestamptz, added FROM reactions_daybucket
           WHERE day >= (%(first_day)s::timestamptz AT TIME ZONE 'UTC')::date
             AND day < (%(last_day)s::timestamptz AT TIME ZONE 'UTC')::date
           UNION ALL
          SELECT article_id, kind, start, added FROM reactions_bucket WHERE start >= %(last_day)s::timestamptz) b
   WHERE (%(articles)s::uuid[] IS NULL OR article_id = ANY (%(articles)s::uuid[]))
   GROUP BY article_id, kind
), summed AS MATERIALIZED (
  SELECT article_id, sum(came)::bigint AS came, sum(hour)::bigint AS hour,
         array_agg(ARRAY[kind::bigint, came]) AS kinds,
         COALESCE(sum(came) FILTER (WHERE (%(glad)s::int >> kind) & 1 = 1), 0)::bigint AS glad,
         COALESCE(sum(came) FILTER (WHERE (%(angry)s::int >> kind) & 1 = 1), 0)::bigint AS angry,
         COALESCE(sum(came) FILTER (WHERE (%(sad)s::int >> kind) & 1 = 1), 0)::bigint AS sad
    FROM recent
   GROUP BY article_id
  HAVING sum(came) >= %(least)s OR sum(hour) >= %(least)s
), public AS MATERIALIZED (
  SELECT summed.*, a.headline, a.section_id, a.first_published_at,
         row_number() OVER (ORDER BY came >= %(least)s DESC, glad DESC, article_id) AS by_glad,
         row_number() OVER (ORDER BY came >= %(least)s DESC, angry DESC, article_id) AS by_angry,
         row_number() OVER (ORDER BY came >= %(least)s DESC, sad DESC, article_id) AS by_sad
    FROM summed JOIN articles_article a ON a.id = article_id AND a.state IN ({{public_states}})
)
SELECT article_id, headline, section_id, COALESCE(s.name, ''), first_published_at, kinds, glad, angry, sad, hour,
       (SELECT sum(b.added)::bigint FROM reactions_bucket b WHERE b.article_id = public.article_id)
  FROM public LEFT JOIN articles_section s ON s.id = section_id
 WHERE hour >= %(least)s
    OR came >= %(least)s AND (by_glad <= %(most)s AND glad > 0 OR by_angry <= %(most)s AND angry > 0
                              OR by_sad <= %(most)s AND sad > 0);
