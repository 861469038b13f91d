-- What the totals, and what the buckets summed over time, hold more or less than the sum of `counted` over the
-- rows, in one snapshot. Fold moves all three in one transaction, so under any load a difference is drift.
-- Reads the ledger and the buckets once, in parallel. Locks nothing.
-- Returns rows (article, kind, drift of the total, drift of the buckets) where there is any.
WITH held_by_rows AS (
  SELECT article_id, kind, sum(readers)::bigint AS count
    FROM (SELECT article_id, counted, count(*) AS readers
            FROM reactions_reaction WHERE counted <> 0 GROUP BY article_id, counted) sets
    JOIN unnest(%(bits)s::int[]) AS kind ON (counted >> kind) & 1 = 1
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
SELECT article_id, kind, of_total, of_buckets FROM compared WHERE of_total <> 0 OR of_buckets <> 0;
