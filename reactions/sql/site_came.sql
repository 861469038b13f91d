-- What came to the whole site in each of several windows of whole quarters of an hour.
-- Uses: the index reactions_sitebucket_by_start alone. Locks nothing. Returns a row for each window, in their order.
SELECT (SELECT COALESCE(sum(added), 0)::bigint FROM reactions_sitebucket
         WHERE start >= w.since AND start < w.until)
  FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) WITH ORDINALITY AS w (since, until, number)
 ORDER BY number;
