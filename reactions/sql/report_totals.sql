-- What came in a period and in the one before it, by kind, and how many public articles came out in each.
-- `articles` limits it to these; null: all. Uses: the index of reactions_bucket by start, the articles by publication. Locks nothing.
-- Returns one row: what came by kind as [kind, number], all that came, all before, articles out, articles out before.
WITH came AS MATERIALIZED (
  SELECT kind, COALESCE(sum(added) FILTER (WHERE start >= %(since)s::timestamptz), 0)::bigint AS added,
         COALESCE(sum(added) FILTER (WHERE start < %(since)s::timestamptz), 0)::bigint AS before
    FROM reactions_bucket
   WHERE start >= %(before)s::timestamptz AND start < %(until)s::timestamptz
     AND (%(articles)s::uuid[] IS NULL OR article_id = ANY (%(articles)s::uuid[]))
   GROUP BY kind
), published AS (
  SELECT count(*) FILTER (WHERE first_published_at >= %(since)s::timestamptz) AS out,
         count(*) FILTER (WHERE first_published_at < %(since)s::timestamptz) AS before
    FROM articles_article
   WHERE state IN ({{public_states}})
     AND first_published_at >= %(before)s::timestamptz AND first_published_at < %(until)s::timestamptz
     AND (%(articles)s::uuid[] IS NULL OR id = ANY (%(articles)s::uuid[]))
)
SELECT COALESCE((SELECT array_agg(ARRAY[kind::bigint, added]) FROM came), ARRAY[]::bigint[]),
       COALESCE((SELECT sum(added) FROM came), 0)::bigint, COALESCE((SELECT sum(before) FROM came), 0)::bigint,
       published.out, published.before
  FROM published;
