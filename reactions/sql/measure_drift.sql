-- What the totals, and what the buckets summed over time, hold more or less than the sum of `counted` over the
-- rows, in one snapshot. Fold moves all three in one transaction, so under any load a difference is drift.
-- Reads the ledger and the buckets once, in parallel; that is why it changes nothing itself. Locks nothing.
-- Returns a row of no article: the rows scanned, and the articles that have a row whose `counted` is not where it
-- should be, which waits for fold or was forgotten (mark_forgotten.sql). Then, after two nulls, a row (article, kind,
-- drift of the total, drift of the buckets) where there is any.
WITH sets AS MATERIALIZED (
  SELECT article_id, counted, count(*) AS readers,
         bool_or(counted <> CASE WHEN held THEN 0 ELSE kinds END) AS any_to_move
    FROM reactions_reaction GROUP BY article_id, counted
), scanned AS (
  SELECT COALESCE(sum(readers), 0)::bigint AS rows,
         COALESCE(array_agg(DISTINCT article_id) FILTER (WHERE any_to_move), '{}') AS to_move
    FROM sets
), held_by_rows AS (
  SELECT article_id, kind, sum(readers)::bigint AS count
    FROM sets JOIN unnest(%(bits)s::int[]) AS kind ON (counted >> kind) & 1 = 1
   GROUP BY article_id, kind
), held_by_buckets AS (
  SELECT article_id, kind, sum(added - removed)::bigint AS count FROM reactions_bucket GROUP BY article_id, kind
), compared AS (
  SELECT article_id, kind,
         COALESCE(t.count, 0) - COALESCE(h.count, 0) AS of_total,
         COALESCE(b.count, 0) - COALESCE(h.count, 0) AS of_buckets
    FROM held_by_rows h
    FULL JOIN reactions_total t USING (article_id, kind)
    FULL JOIN held_by_buckets b USING (article_id, kind)
)
SELECT rows, to_move, NULL::uuid AS article_id, NULL::int AS kind, NULL::bigint AS of_total, NULL::bigint AS of_buckets
  FROM scanned
 UNION ALL
SELECT NULL, NULL, article_id, kind, of_total, of_buckets FROM compared WHERE of_total <> 0 OR of_buckets <> 0;
