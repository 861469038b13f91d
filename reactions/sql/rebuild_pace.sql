-- Builds the pace, which delete_pace.sql has just removed in the same transaction: percentiles, over the public articles that were first published in a span and have reached an age,
-- of the reactions that came by that age, for each section and for the whole site. Ages are quarters of an hour.
-- An article is published within a quarter of an hour, at the fraction `part`: of the quarter in which it reaches an
-- age, that part is counted. What came before the publication is counted at every age.
-- Uses: a scan of the articles, the key of reactions_bucket. Another run waits (lock_pace.sql). Returns one row: how many articles there were.
WITH article AS MATERIALIZED (
  SELECT id, section_id,
         floor(extract(epoch FROM first_published_at) / 900)::bigint AS published,
         (extract(epoch FROM first_published_at)::numeric %% 900 / 900)::float8 AS part,
         floor(extract(epoch FROM %(now)s::timestamptz - first_published_at) / 900)::int AS reached
    FROM articles_article
   WHERE state IN ({{public_states}})
     AND first_published_at >= %(since)s::timestamptz AND first_published_at < %(now)s::timestamptz
), came AS MATERIALIZED (
  SELECT a.id, GREATEST(extract(epoch FROM b.start)::bigint / 900 - a.published, 0)::int AS quarter, sum(b.added)::float8 AS added
    FROM article a JOIN reactions_bucket b ON b.article_id = a.id
   GROUP BY 1, 2
), line AS (  -- the buckets of an article and the ages that are asked for, in one order
  SELECT id, quarter, added, NULL::int AS age FROM came
   UNION ALL
  SELECT a.id, age, 0, age FROM article a CROSS JOIN unnest(%(ages)s::int[]) AS age WHERE age <= a.reached
), summed AS (
  SELECT id, age,
         COALESCE(sum(added) OVER (PARTITION BY id ORDER BY quarter RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
         COALESCE(sum(added) OVER (PARTITION BY id ORDER BY quarter RANGE BETWEEN 4 PRECEDING AND 1 PRECEDING), 0) AS hour,
         sum(added) OVER (PARTITION BY id ORDER BY quarter RANGE BETWEEN CURRENT ROW AND CURRENT ROW) AS running
    FROM line
), at_age AS MATERIALIZED (
  SELECT a.section_id, s.age, s.before + a.part * s.running AS came, s.hour
    FROM summed s JOIN article a USING (id) WHERE s.age IS NOT NULL
), built AS (
  INSERT INTO reactions_pace (section_id, age, articles, quarter, median, three_quarters, high, hour_median, hour_high, built_at)
  SELECT section_id, age * 15, count(*),
         percentile_cont(0.25) WITHIN GROUP (ORDER BY came), percentile_cont(0.5) WITHIN GROUP (ORDER BY came),
         percentile_cont(0.75) WITHIN GROUP (ORDER BY came), percentile_cont(0.95) WITHIN GROUP (ORDER BY came),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY hour), percentile_cont(0.95) WITHIN GROUP (ORDER BY hour),
         %(now)s::timestamptz
    FROM at_age
   GROUP BY GROUPING SETS ((age), (section_id, age))
  HAVING GROUPING(section_id) = 1 OR section_id IS NOT NULL
)
SELECT count(*) FROM article;
