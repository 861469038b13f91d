-- The public articles of a report, with what came in a period and in the one before it: those with the most reactions, with
-- the most of a mood, and, of those published before the period, with the largest gain over the period before.
-- `articles` limits it to these; null: all. Periods are whole quarters of an hour.
-- Uses: the index of reactions_bucket by start; its key for what came by the end. Locks nothing.
-- Returns a row for each article: id, headline, section, its name, first publication, what came by kind as
-- [kind, number], came, came before, glad, angry, sad, and all that came by the end of the period.
WITH came AS MATERIALIZED (
  SELECT article_id, kind,
         COALESCE(sum(added) FILTER (WHERE start >= %(since)s::timestamptz), 0)::bigint AS added,
         COALESCE(sum(added) FILTER (WHERE start < %(since)s::timestamptz), 0)::bigint AS before
    FROM reactions_bucket
   WHERE start >= %(before)s::timestamptz AND start < %(until)s::timestamptz
     AND (%(articles)s::uuid[] IS NULL OR article_id = ANY (%(articles)s::uuid[]))
   GROUP BY article_id, kind
), story AS MATERIALIZED (
  SELECT a.id, a.headline, a.section_id, a.first_published_at, s.*
    FROM (SELECT article_id, array_agg(ARRAY[kind::bigint, added]) AS kinds, sum(added) AS came, sum(before) AS before,
                 COALESCE(sum(added) FILTER (WHERE (1 << kind) & %(glad)s::int <> 0), 0) AS glad,
                 COALESCE(sum(added) FILTER (WHERE (1 << kind) & %(angry)s::int <> 0), 0) AS angry,
                 COALESCE(sum(added) FILTER (WHERE (1 << kind) & %(sad)s::int <> 0), 0) AS sad
            FROM came GROUP BY article_id) s
    JOIN articles_article a ON a.id = s.article_id
   WHERE a.state IN ({{public_states}}) AND a.first_published_at IS NOT NULL AND s.came > 0
), ranked AS (
  SELECT *, row_number() OVER (ORDER BY came DESC, id) AS by_came,
         row_number() OVER (ORDER BY (came >= %(least)s::int) DESC, glad DESC, id) AS by_glad,
         row_number() OVER (ORDER BY (came >= %(least)s::int) DESC, angry DESC, id) AS by_angry,
         row_number() OVER (ORDER BY (came >= %(least)s::int) DESC, sad DESC, id) AS by_sad,
         row_number() OVER (ORDER BY (first_published_at < %(since)s::timestamptz) DESC, came - before DESC, id) AS by_gain
    FROM story
)
SELECT r.id, r.headline, r.section_id, COALESCE(c.name, ''), r.first_published_at, r.kinds, r.came::bigint, r.before::bigint,
       r.glad::bigint, r.angry::bigint, r.sad::bigint,
       (SELECT sum(added) FROM reactions_bucket b
         WHERE b.article_id = r.id AND b.start < %(until)s::timestamptz)::bigint
  FROM ranked r LEFT JOIN articles_section c ON c.id = r.section_id
 WHERE r.by_came <= %(candidates)s::int OR r.by_gain <= %(most)s::int
    OR r.by_glad <= %(most)s::int OR r.by_angry <= %(most)s::int OR r.by_sad <= %(most)s::int
 ORDER BY r.came DESC, r.id;
