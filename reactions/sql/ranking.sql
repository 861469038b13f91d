-- The articles that readers reacted to most in a span of whole quarters of an hour: those that are among the first
-- %(most)s by reactions of one kind or by all, each with at least %(least)s reactions in the end.
-- Articles of sites that the pages here do not show are left out.
-- Uses: the index reactions_bucket_by_start, which leaves out what is older than the span; the key of the articles. Locks nothing.
-- Returns a row for each article: its id, the reactions of the kind, and all of them.
WITH recent AS (
  SELECT article_id,
         COALESCE(sum(added - removed) FILTER (WHERE kind = %(kind)s::smallint), 0)::bigint AS loved,
         sum(added - removed)::bigint AS felt
    FROM reactions_bucket
   WHERE start >= %(since)s::timestamptz AND start < %(until)s::timestamptz
   GROUP BY article_id
  HAVING sum(added - removed) >= %(least)s::bigint
), ranked AS (
  SELECT recent.*,
         rank() OVER (ORDER BY loved DESC) AS by_loved, rank() OVER (ORDER BY felt DESC) AS by_felt
    FROM recent
   WHERE NOT EXISTS (SELECT FROM articles_article a WHERE a.id = article_id AND NOT a.is_listed)
)
SELECT article_id, loved, felt FROM ranked WHERE by_loved <= %(most)s::int OR by_felt <= %(most)s::int;
