-- Takes marks from the outbox, judges first reactions, and brings the totals to what the marked rows say. All of it or nothing.
-- Uses: the key of reactions_mark in its order; the key of reactions_reaction for each marked row; for judging the
-- keys of reactions_networkpace and reactions_storypace, and reactions_open_wave.
-- Locks, always in key order: the marks it takes (skipping those another fold holds), the marked rows, the paces of
-- networks, the open waves, then the tally of each article (whoever holds the tally is alone with the article's totals
-- and buckets), last the paces of stories.
-- A row that another fold or its reader changed meanwhile is read again once its lock is had, so a row
-- marked twice is counted once. Returns one row: marks taken, and how many of them were of rows whose reader left.
--
-- The outbox is empty whenever somebody looks, so PostgreSQL expects ten marks where twenty thousand come, and would join
-- two lists of this statement by comparing each with each. Rows of the ledger, of paces and totals are looked up one by
-- one, which is right for both; lists of the statement itself are never joined but put together and sorted, or asked by IN
-- beside an OR, which makes a hash table.
WITH taken AS MATERIALIZED (
  DELETE FROM reactions_mark
   WHERE id = ANY (ARRAY(SELECT id FROM reactions_mark ORDER BY id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED))
  RETURNING id, article_id, reader_id, marked_at, is_first, network, is_newcomer, has_read
), dirty AS MATERIALIZED (
  SELECT r.article_id, r.reader_id, r.erased, first_mark, network, is_newcomer, is_newcomer AND NOT has_read AS is_blind
    FROM (SELECT article_id, reader_id, min(id) FILTER (WHERE is_first) AS first_mark,
                 min(network) AS network, bool_or(is_newcomer) AS is_newcomer, bool_or(has_read) AS has_read
            FROM taken GROUP BY article_id, reader_id) marked
    JOIN reactions_reaction r USING (article_id, reader_id)
   ORDER BY r.article_id, r.reader_id
     FOR NO KEY UPDATE OF r
),
-- Judging. A reaction is judged at most once, when it is its reader's first to the article, by when it was made: what
-- waited for a worker is no rush. An hour of a network begins with its first reaction, so that none is cut in two.
moment AS MATERIALIZED (
  SELECT now, date_trunc('minute', now) AS minute, date_trunc('hour', now) AS hour,
         1 - extract(epoch FROM now - date_trunc('hour', now)) / 3600 AS left_over
    FROM (SELECT max(marked_at) AS now FROM taken WHERE is_first) newest
), arrived AS MATERIALIZED (
  SELECT article_id, reader_id, network, is_newcomer, is_blind, first_mark
    FROM dirty
   WHERE first_mark IS NOT NULL AND network IS NOT NULL AND NOT erased
), of_network AS (
  INSERT INTO reactions_networkpace AS p (network, article_id, since, seen, minute, seen_in_minute)
  SELECT network, article_id, now, count(*), minute, count(*)
    FROM arrived CROSS JOIN moment
   GROUP BY network, article_id, now, minute ORDER BY network, article_id
      ON CONFLICT (network, article_id) DO UPDATE
     SET seen = EXCLUDED.seen + CASE WHEN p.since > EXCLUDED.since - interval '1 hour' THEN p.seen ELSE 0 END,
         since = CASE WHEN p.since > EXCLUDED.since - interval '1 hour' THEN p.since ELSE EXCLUDED.since END,
         seen_in_minute = EXCLUDED.seen_in_minute + CASE WHEN p.minute = EXCLUDED.minute THEN p.seen_in_minute ELSE 0 END,
         minute = EXCLUDED.minute
  RETURNING network, article_id, seen, seen_in_minute
), of_minute AS (
  SELECT p.network, sum(p.seen_in_minute)::int AS seen
    FROM (SELECT DISTINCT network FROM arrived) here
    JOIN reactions_networkpace p USING (network)
    JOIN moment USING (minute)
   GROUP BY p.network
),
-- Nearly every network is far from its limits, and nearly every newcomer has read. Only where that is not sure a reaction
-- gets its place among the others: with all those of a network that may be over a limit, of a story that has unread ones.
busy AS MATERIALIZED (
  SELECT network, max(seen_anywhere) AS seen_anywhere
    FROM (SELECT network, seen, seen_in_minute, NULL::int AS seen_anywhere FROM of_network
           UNION ALL
          SELECT network, NULL, seen, seen FROM of_minute) together
   GROUP BY network
  HAVING max(seen) > %(network_story)s::int OR sum(seen_in_minute) > %(network_minute)s::int
), blind AS MATERIALIZED (
  SELECT DISTINCT article_id FROM arrived WHERE is_blind
), doubtful AS MATERIALIZED (
  SELECT * FROM arrived
   WHERE network IN (SELECT network FROM busy) OR article_id IN (SELECT article_id FROM blind)
), of_story AS (
  SELECT s.article_id,
         CASE moment.hour WHEN s.hour THEN s.passed + s.passed_before * left_over
                          WHEN s.hour + interval '1 hour' THEN s.passed * left_over ELSE 0 END AS passed,
         CASE moment.hour WHEN s.hour THEN s.unread + s.unread_before * left_over
                          WHEN s.hour + interval '1 hour' THEN s.unread * left_over ELSE 0 END AS unread,
         CASE WHEN moment.minute = s.minute THEN s.newcomers ELSE 0 END AS newcomers,
         CASE WHEN moment.minute <= s.minute THEN s.usual
              ELSE (0.9 * s.usual + 0.1 * s.newcomers)
                   * 0.9 ^ LEAST(600, extract(epoch FROM moment.minute - s.minute) / 60 - 1) END AS usual
    FROM (SELECT DISTINCT article_id FROM doubtful) here
    JOIN reactions_storypace s USING (article_id)
    CROSS JOIN moment
), weighed AS (
  -- In each window what was known before comes first, then those who arrived, in their order.
  SELECT article_id, reader_id, network, is_newcomer, is_blind,
         max(seen_here) OVER here - count(reader_id) OVER all_here + count(reader_id) OVER here AS place_here,
         max(seen_here) OVER here - count(reader_id) OVER all_here AS seen_here,
         COALESCE(max(seen_anywhere) OVER anywhere, 0) + count(reader_id) OVER anywhere AS place_anywhere,
         COALESCE(max(newcomers) OVER story, 0) + count(*) FILTER (WHERE is_newcomer) OVER story AS place_newcomer,
         COALESCE(max(unread) OVER story, 0) + count(*) FILTER (WHERE is_blind) OVER story AS place_blind,
         COALESCE(max(passed) OVER story, 0) AS passed,
         COALESCE(max(usual) OVER story, 0) AS usual
    FROM (SELECT article_id, reader_id, network, is_newcomer, is_blind, first_mark,
                 NULL::int AS seen_here, NULL::int AS seen_anywhere,
                 NULL::float AS passed, NULL::float AS unread, NULL::int AS newcomers, NULL::float AS usual
            FROM doubtful
           UNION ALL
          SELECT article_id, NULL, network, NULL, NULL, NULL, seen, NULL, NULL, NULL, NULL, NULL FROM of_network
           WHERE network IN (SELECT network FROM busy) OR article_id IN (SELECT article_id FROM blind)
           UNION ALL
          SELECT NULL, NULL, network, NULL, NULL, NULL, NULL, seen_anywhere, NULL, NULL, NULL, NULL FROM busy
           UNION ALL
          SELECT article_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, passed, unread, newcomers, usual FROM of_story
         ) together
  WINDOW all_here AS (PARTITION BY network, article_id),
         here AS (PARTITION BY network, article_id ORDER BY first_mark NULLS FIRST ROWS UNBOUNDED PRECEDING),
         anywhere AS (PARTITION BY network ORDER BY first_mark NULLS FIRST ROWS UNBOUNDED PRECEDING),
         story AS (PARTITION BY article_id ORDER BY first_mark NULLS FIRST ROWS UNBOUNDED PRECEDING)
), judged AS MATERIALIZED (
  SELECT article_id, reader_id, network, is_newcomer, is_blind,
         CASE WHEN place_here > GREATEST(%(network_story)s::int, %(network_share)s::float * (passed - seen_here))
              THEN 'network_story'
              WHEN place_anywhere > %(network_minute)s::int
              THEN 'network_minute'
              WHEN is_blind AND place_here > %(surge_network)s::int
                   AND place_newcomer > GREATEST(%(surge_minute)s::int, %(surge_factor)s::float * usual)
              THEN 'surge'
              WHEN is_blind AND place_blind > GREATEST(%(unread_hour)s::int, %(unread_share)s::float * passed)
              THEN 'unread' END AS rule
    FROM weighed
   WHERE reader_id IS NOT NULL
), waves AS (
  INSERT INTO reactions_wave AS w
         (article_id, rule, state, is_open, is_applied, started_at, last_at, size, network_count, networks)
  SELECT article_id, rule, 'held', true, true, now, now, count(*), count(DISTINCT network), array_agg(DISTINCT network)
    FROM judged CROSS JOIN moment
   WHERE rule IS NOT NULL
   GROUP BY article_id, rule, now ORDER BY article_id, rule
      ON CONFLICT (article_id, rule) WHERE is_open DO UPDATE
     SET size = w.size + EXCLUDED.size,
         last_at = GREATEST(w.last_at, EXCLUDED.last_at),
         networks = ARRAY(SELECT DISTINCT unnest(w.networks || EXCLUDED.networks)),
         network_count = (SELECT count(DISTINCT network) FROM unnest(w.networks || EXCLUDED.networks) AS network)
  RETURNING id, article_id, rule
), verdict AS (
  SELECT article_id, reader_id, max(wave_id) AS wave_id
    FROM (SELECT article_id, reader_id, NULL::bigint AS wave_id FROM dirty
           UNION ALL
          SELECT article_id, reader_id, waves.id FROM judged JOIN waves USING (article_id, rule)) together
   GROUP BY article_id, reader_id
),
-- Counting.
moved AS (
  UPDATE reactions_reaction r
     SET was_counted = r.counted,
         held = r.held OR verdict.wave_id IS NOT NULL,
         wave_id = COALESCE(verdict.wave_id, r.wave_id),
         counted = CASE WHEN r.held OR verdict.wave_id IS NOT NULL THEN 0 ELSE r.kinds END
    FROM verdict
   WHERE r.article_id = verdict.article_id AND r.reader_id = verdict.reader_id
     AND (verdict.wave_id IS NOT NULL OR r.counted <> CASE WHEN r.held THEN 0 ELSE r.kinds END)
  RETURNING r.article_id, r.was_counted, r.counted,
            date_bin('15 minutes', r.changed_at, timestamptz '2000-01-01 00:00:00+00') AS start
), change AS MATERIALIZED (
  SELECT article_id, start, kind,
         count(*) FILTER (WHERE (counted >> kind) & 1 = 1) AS added,
         count(*) FILTER (WHERE (was_counted >> kind) & 1 = 1) AS removed
    FROM moved CROSS JOIN unnest(%(bits)s::int[]) AS kind
   WHERE ((counted # was_counted) >> kind) & 1 = 1
   GROUP BY article_id, start, kind
), tallied AS (
  INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
  SELECT article_id, 1, 0, clock_timestamp() FROM change GROUP BY article_id ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
  RETURNING article_id
), totalled AS (
  INSERT INTO reactions_total AS t (article_id, kind, count)
  SELECT article_id, kind, sum(added - removed)
    FROM change WHERE (SELECT count(*) FROM tallied) > 0  -- once their locks are had
   GROUP BY article_id, kind ORDER BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = t.count + EXCLUDED.count
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, start, kind, added, removed
    FROM change WHERE (SELECT count(*) FROM tallied) > 0
   ORDER BY article_id, start, kind
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
), paced AS (
  INSERT INTO reactions_storypace AS s
         (article_id, hour, passed, passed_before, unread, unread_before, minute, newcomers, usual)
  SELECT article_id, hour, sum(reactions), 0, COALESCE(sum(reactions) FILTER (WHERE is_blind), 0), 0,
         minute, COALESCE(sum(reactions) FILTER (WHERE is_newcomer), 0), 0
    FROM (SELECT article_id, is_blind, is_newcomer, 1 AS reactions FROM arrived
           UNION ALL
          SELECT article_id, is_blind, is_newcomer, -1 FROM judged WHERE rule IS NOT NULL) passed
   CROSS JOIN moment
   GROUP BY article_id, hour, minute HAVING sum(reactions) > 0 ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET passed = EXCLUDED.passed + CASE WHEN EXCLUDED.hour <= s.hour THEN s.passed ELSE 0 END,
         passed_before = CASE WHEN EXCLUDED.hour <= s.hour THEN s.passed_before
                              WHEN EXCLUDED.hour = s.hour + interval '1 hour' THEN s.passed ELSE 0 END,
         unread = EXCLUDED.unread + CASE WHEN EXCLUDED.hour <= s.hour THEN s.unread ELSE 0 END,
         unread_before = CASE WHEN EXCLUDED.hour <= s.hour THEN s.unread_before
                              WHEN EXCLUDED.hour = s.hour + interval '1 hour' THEN s.unread ELSE 0 END,
         hour = GREATEST(s.hour, EXCLUDED.hour),
         newcomers = EXCLUDED.newcomers + CASE WHEN EXCLUDED.minute <= s.minute THEN s.newcomers ELSE 0 END,
         usual = CASE WHEN EXCLUDED.minute <= s.minute THEN s.usual
                      ELSE (0.9 * s.usual + 0.1 * s.newcomers)
                           * 0.9 ^ LEAST(600, extract(epoch FROM EXCLUDED.minute - s.minute) / 60 - 1) END,
         minute = GREATEST(s.minute, EXCLUDED.minute)
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM dirty WHERE erased);
