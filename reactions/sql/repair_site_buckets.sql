-- Compares the buckets of sections with those of articles, summed over each kind and quarter of an hour, and inserts
-- what is missing, without a section, unless `only_count`. Aggregation writes both in one transaction, so under any load
-- a difference is drift; what is inserted is right whatever is counted meanwhile.
-- Reads both tables once. Locks nothing. Returns one row: the drift, summed over kinds and quarters without sign.
WITH of_articles AS (
  SELECT start, kind, sum(added)::bigint AS added, sum(removed)::bigint AS removed
    FROM reactions_bucket GROUP BY start, kind
), of_sections AS (
  SELECT start, kind, sum(added)::bigint AS added, sum(removed)::bigint AS removed
    FROM reactions_sitebucket GROUP BY start, kind
), missing AS MATERIALIZED (
  SELECT start, kind,
         COALESCE(a.added, 0) - COALESCE(s.added, 0) AS added, COALESCE(a.removed, 0) - COALESCE(s.removed, 0) AS removed
    FROM of_articles a FULL JOIN of_sections s USING (start, kind)
   WHERE (COALESCE(a.added, 0), COALESCE(a.removed, 0)) IS DISTINCT FROM (COALESCE(s.added, 0), COALESCE(s.removed, 0))
), inserted AS (
  INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed)
  SELECT start, NULL, kind, added, removed FROM missing WHERE NOT %(only_count)s::boolean
)
SELECT COALESCE(sum(abs(added) + abs(removed)), 0)::bigint FROM missing;
