-- Measures drift in one snapshot: the counts, and the buckets summed over time, minus the sum of `counted` over the
-- rows. Aggregation moves all three in one transaction, so under any load a difference is drift.
-- Reads the ledger and the buckets once, in parallel; that is why it changes nothing itself. Locks nothing.
-- Returns one row without an article: the rows scanned, and the articles that have a row whose `counted` is stale, which
-- is in the outbox or was missed (enqueue_missed_rows.sql). Then, after two nulls, a row (article, kind, drift of the
-- counts, drift of the buckets) where there is any.
WITH sets AS MATERIALIZED (
  SELECT article_id, counted, count(*) AS readers,
         bool_or(counted <> CASE WHEN held THEN 0 ELSE kinds END) AS any_stale
    FROM reactions_reaction GROUP BY article_id, counted
), scanned AS (
  SELECT COALESCE(sum(readers), 0)::bigint AS rows,
         COALESCE(array_agg(DISTINCT article_id) FILTER (WHERE any_stale), '{}') AS to_move
    FROM sets
), in_rows AS (
  SELECT article_id, kind, sum(readers)::bigint AS count
    FROM sets JOIN generate_series(0, 30) AS kind ON (counted >> kind) & 1 = 1
   GROUP BY article_id, kind
), in_buckets AS (
  SELECT article_id, kind, sum(added - removed)::bigint AS count FROM reactions_bucket GROUP BY article_id, kind
), compared AS (
  SELECT article_id, kind,
         COALESCE(c.count, 0) - COALESCE(r.count, 0) AS of_counts,
         COALESCE(b.count, 0) - COALESCE(r.count, 0) AS of_buckets
    FROM in_rows r
    FULL JOIN reactions_articlecount c USING (article_id, kind)
    FULL JOIN in_buckets b USING (article_id, kind)
)
SELECT rows, to_move, NULL::uuid AS article_id, NULL::int AS kind, NULL::bigint AS of_counts, NULL::bigint AS of_buckets
  FROM scanned
 UNION ALL
SELECT NULL, NULL, article_id, kind, of_counts, of_buckets FROM compared WHERE of_counts <> 0 OR of_buckets <> 0;
