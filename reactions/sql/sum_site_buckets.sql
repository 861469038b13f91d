-- Adds up what single aggregations inserted for each section, kind and quarter of an hour. Those of quarters that began
-- before `before` are done with; a late reaction adds a row, which the next run adds up by itself.
-- Uses: the index reactions_sitebucket_to_sum. Locks the rows that it replaces; no aggregation touches them.
-- Returns one row: how many rows were replaced.
WITH single AS (
  DELETE FROM reactions_sitebucket WHERE NOT summed RETURNING start, section_id, kind, added, removed
), summed AS (
  INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed, summed)
  SELECT start, section_id, kind, sum(added), sum(removed), start < %(before)s::timestamptz
    FROM single GROUP BY start, section_id, kind
)
SELECT count(*) FROM single;
