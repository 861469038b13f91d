-- Deletes the outbox entries that claim.sql claimed, and brings the counts to what their rows say: `counted` moves
-- to `kinds`, or to nothing where the row is held, and the difference goes to the counts and the 15-minute buckets.
-- An entry only says that its row changed: a row with two entries is counted once, and one that changed again is
-- counted as it is now. claim.sql holds the locks of the count versions and the rows.
-- What a section's articles had is only ever inserted, so that two aggregations do not wait for each other; so are the
-- days that were over and have to be added up again (reactions/stats/days.py).
-- Uses: the keys of articles_article, reactions_outboxentry, reactions_reaction, reactions_countversion, reactions_articlecount and
-- reactions_bucket. Locks nothing that it need wait for: only the transaction that holds an article's count version
-- writes its counts and buckets. Returns a row for each article that has new counts.
WITH claimed AS (
  DELETE FROM reactions_outboxentry WHERE id = ANY (%(entries)s::bigint[]) RETURNING article_id, reader_id
), moved AS (
  UPDATE reactions_reaction r
     SET was_counted = r.counted, counted = CASE WHEN r.held THEN 0 ELSE r.kinds END
    FROM claimed entry
   WHERE r.article_id = entry.article_id AND r.reader_id = entry.reader_id
     AND r.counted <> CASE WHEN r.held THEN 0 ELSE r.kinds END
  RETURNING r.article_id, r.was_counted, r.counted,
            date_bin('15 minutes', r.changed_at, timestamptz '2000-01-01 00:00:00+00') AS start
), alike AS MATERIALIZED (
  SELECT article_id, start, counted, was_counted, count(*) AS readers
    FROM moved GROUP BY article_id, start, counted, was_counted
), changed_kind AS MATERIALIZED (  -- every bit: one of a kind that a newer release knows and this one does not
  SELECT kind FROM generate_series(0, 30) AS kind
   WHERE ((SELECT bit_or(counted # was_counted) FROM alike) >> kind) & 1 = 1
), change AS MATERIALIZED (
  SELECT article_id, start, kind,
         COALESCE(sum(readers) FILTER (WHERE (counted >> kind) & 1 = 1), 0)::bigint AS added,
         COALESCE(sum(readers) FILTER (WHERE (was_counted >> kind) & 1 = 1), 0)::bigint AS removed
    FROM alike CROSS JOIN changed_kind
   WHERE ((counted # was_counted) >> kind) & 1 = 1
   GROUP BY article_id, start, kind
), versioned AS (
  INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
  SELECT article_id, 1, 0, clock_timestamp() FROM change GROUP BY article_id ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
  RETURNING article_id
), counted AS (
  INSERT INTO reactions_articlecount AS c (article_id, kind, count)
  SELECT article_id, kind, sum(added - removed)
    FROM change
   GROUP BY article_id, kind ORDER BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = c.count + EXCLUDED.count
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, start, kind, added, removed
    FROM change
   ORDER BY article_id, start, kind
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
), of_sections AS (
  INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed)
  SELECT start, a.section_id, kind, sum(added), sum(removed)
    FROM change LEFT JOIN articles_article a ON a.id = article_id
   GROUP BY start, a.section_id, kind
), stale AS (
  INSERT INTO reactions_staleday (day)
  SELECT DISTINCT (start AT TIME ZONE 'UTC')::date FROM change WHERE start < statement_timestamp() - interval '1 day'
)
SELECT article_id FROM versioned;
