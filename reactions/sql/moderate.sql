-- Claims outbox entries and locks their rows; holds the first reactions that a moderation rule holds, each with its
-- wave. aggregate.sql, in the same transaction, deletes the entries and counts.
-- {{first_rule_that_holds}}, {{network_is_suspect}} and {{article_is_suspect}} follow from moderation/rules.py.
-- Uses: the key of reactions_outboxentry in its order; the key of reactions_reaction for each row; the keys of
-- reactions_networkrate and reactions_articlerate; reactions_open_wave.
-- Locks, always in key order: the entries (skipping those that another aggregation holds), the rows, the rates of
-- networks, the open waves, the rates of articles. Count versions come last, in aggregate.sql.
-- A reaction is moderated once, when it is its reader's first to the article, by the time it was made: what waited for a
-- worker is no surge. Returns one row: the claimed ids, and how many rows are of erased readers.
--
-- The outbox is nearly always empty when PostgreSQL looks, so it expects ten entries where twenty thousand come, and
-- would join two lists of this statement by comparing each with each. Rows of tables are looked up one by one, which is
-- right for both; lists of the statement itself are never joined but put together and sorted, or asked by IN beside an
-- OR, which makes a hash table.
WITH claimed AS MATERIALIZED (
  SELECT id, article_id, reader_id, created_at, is_first, network, has_history, has_page_token
    FROM reactions_outboxentry
   ORDER BY id LIMIT %(most)s::int
     FOR UPDATE SKIP LOCKED
), locked AS MATERIALIZED (
  SELECT r.article_id, r.reader_id, r.erased, first_entry, network, has_history, has_page_token
    FROM (SELECT article_id, reader_id, min(id) FILTER (WHERE is_first) AS first_entry, min(network) AS network,
                 bool_and(has_history) FILTER (WHERE is_first) AS has_history,
                 bool_or(has_page_token) AS has_page_token
            FROM claimed GROUP BY article_id, reader_id) entry
    JOIN reactions_reaction r USING (article_id, reader_id)
   ORDER BY r.article_id, r.reader_id
     FOR NO KEY UPDATE OF r
), moment AS MATERIALIZED (
  SELECT now, date_trunc('minute', now) AS minute, date_trunc('hour', now) AS hour,
         1 - extract(epoch FROM now - date_trunc('hour', now)) / 3600 AS left_of_hour
    FROM (SELECT max(created_at) AS now FROM claimed WHERE is_first) newest
), first AS MATERIALIZED (
  SELECT article_id, reader_id, network, first_entry, NOT has_history AS without_history,
         NOT has_history AND NOT has_page_token AS without_page
    FROM locked
   WHERE first_entry IS NOT NULL AND network IS NOT NULL AND NOT erased
),

-- The rates of networks. An hour begins with its first reaction, so that no hour is cut in two.
network_article AS (
  INSERT INTO reactions_networkrate AS n (network, article_id, hour_started_at, in_hour, minute, in_minute)
  SELECT network, article_id, now, count(*), minute, count(*)
    FROM first CROSS JOIN moment
   GROUP BY network, article_id, now, minute ORDER BY network, article_id
      ON CONFLICT (network, article_id) DO UPDATE
     SET in_hour = EXCLUDED.in_hour
                   + CASE WHEN n.hour_started_at > EXCLUDED.hour_started_at - interval '1 hour' THEN n.in_hour ELSE 0 END,
         hour_started_at = CASE WHEN n.hour_started_at > EXCLUDED.hour_started_at - interval '1 hour'
                                THEN n.hour_started_at ELSE EXCLUDED.hour_started_at END,
         in_minute = EXCLUDED.in_minute + CASE WHEN n.minute = EXCLUDED.minute THEN n.in_minute ELSE 0 END,
         minute = EXCLUDED.minute
  RETURNING network, article_id, in_hour, in_minute
), network_before AS (
  SELECT n.network, sum(n.in_minute)::int AS in_minute
    FROM (SELECT DISTINCT network FROM first) here
    JOIN reactions_networkrate n USING (network)
    JOIN moment USING (minute)
   GROUP BY n.network
),

-- What is suspect: all first reactions of a network that may be over a limit, and all to an article that may be.
suspect_network AS MATERIALIZED (
  SELECT network, before AS in_minute_before
    FROM (SELECT network, max(in_hour) AS in_hour, sum(in_minute) AS in_minute, max(before) AS before
            FROM (SELECT network, in_hour, in_minute, NULL::int AS before FROM network_article
                   UNION ALL
                  SELECT network, NULL, in_minute, in_minute FROM network_before) together
           GROUP BY network) network
   WHERE {{network_is_suspect}}
), suspect_article AS MATERIALIZED (
  SELECT DISTINCT article_id FROM first WHERE {{article_is_suspect}}
), suspect AS MATERIALIZED (
  SELECT * FROM first
   WHERE network IN (SELECT network FROM suspect_network) OR article_id IN (SELECT article_id FROM suspect_article)
), article_before AS (
  SELECT a.article_id,
         CASE moment.hour WHEN a.hour THEN a.counted + a.counted_before * left_of_hour
                          WHEN a.hour + interval '1 hour' THEN a.counted * left_of_hour ELSE 0 END AS counted,
         CASE moment.hour WHEN a.hour THEN a.without_page + a.without_page_before * left_of_hour
                          WHEN a.hour + interval '1 hour' THEN a.without_page * left_of_hour ELSE 0 END AS without_page,
         CASE WHEN moment.minute = a.minute THEN a.without_history ELSE 0 END AS without_history,
         CASE WHEN moment.minute <= a.minute THEN a.usual
              ELSE (0.9 * a.usual + 0.1 * a.without_history)
                   * 0.9 ^ LEAST(600, extract(epoch FROM moment.minute - a.minute) / 60 - 1) END AS usual
    FROM (SELECT DISTINCT article_id FROM suspect) here
    JOIN reactions_articlerate a USING (article_id)
    CROSS JOIN moment
),

-- The figures that the rules read. In each window what was known before comes first, then the reactions in their order.
figures AS (
  SELECT article_id, reader_id, network, without_history, without_page,
         max(in_hour) OVER here - count(reader_id) OVER all_here + count(reader_id) OVER here AS network_article,
         COALESCE(max(in_minute_before) OVER anywhere, 0) + count(reader_id) OVER anywhere AS network_minute,
         COALESCE(max(without_history_before) OVER article, 0)
           + count(*) FILTER (WHERE without_history) OVER article AS article_minute,
         COALESCE(max(without_page_before) OVER article, 0)
           + count(*) FILTER (WHERE without_page) OVER article AS article_without_page,
         COALESCE(max(counted) OVER article, 0) AS article_hour,
         COALESCE(max(counted) OVER article, 0) - (max(in_hour) OVER here - count(reader_id) OVER all_here) AS article_hour_others,
         COALESCE(max(usual) OVER article, 0) AS article_usual
    FROM (SELECT article_id, reader_id, network, without_history, without_page, first_entry,
                 NULL::int AS in_hour, NULL::int AS in_minute_before, NULL::float AS counted,
                 NULL::float AS without_page_before, NULL::int AS without_history_before, NULL::float AS usual
            FROM suspect
           UNION ALL
          SELECT article_id, NULL, network, NULL, NULL, NULL, in_hour, NULL, NULL, NULL, NULL, NULL FROM network_article
           WHERE network IN (SELECT network FROM suspect_network)
              OR article_id IN (SELECT article_id FROM suspect_article)
           UNION ALL
          SELECT NULL, NULL, network, NULL, NULL, NULL, NULL, in_minute_before, NULL, NULL, NULL, NULL FROM suspect_network
           UNION ALL
          SELECT article_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, counted, without_page, without_history, usual
            FROM article_before
         ) together
  WINDOW all_here AS (PARTITION BY network, article_id),
         here AS (PARTITION BY network, article_id ORDER BY first_entry NULLS FIRST ROWS UNBOUNDED PRECEDING),
         anywhere AS (PARTITION BY network ORDER BY first_entry NULLS FIRST ROWS UNBOUNDED PRECEDING),
         article AS (PARTITION BY article_id ORDER BY first_entry NULLS FIRST ROWS UNBOUNDED PRECEDING)
), held AS MATERIALIZED (
  SELECT article_id, reader_id, network, without_history, without_page, rule
    FROM (SELECT *, {{first_rule_that_holds}} AS rule FROM figures WHERE reader_id IS NOT NULL) moderated
   WHERE rule IS NOT NULL
),

-- What is held joins the open wave of its rule.
wave AS (
  INSERT INTO reactions_wave AS w
         (article_id, rule, state, is_open, is_applied, started_at, last_at, size, network_count, networks)
  SELECT article_id, rule, 'held', true, true, now, now, count(*), count(DISTINCT network), array_agg(DISTINCT network)
    FROM held CROSS JOIN moment
   GROUP BY article_id, rule, now ORDER BY article_id, rule
      ON CONFLICT (article_id, rule) WHERE is_open DO UPDATE
     SET size = w.size + EXCLUDED.size,
         last_at = GREATEST(w.last_at, EXCLUDED.last_at),
         networks = ARRAY(SELECT DISTINCT unnest(w.networks || EXCLUDED.networks)),
         network_count = (SELECT count(DISTINCT network) FROM unnest(w.networks || EXCLUDED.networks) AS network)
  RETURNING id, article_id, rule
), joined_wave AS (
  UPDATE reactions_reaction r SET held = true, wave_id = theirs.wave_id
    FROM (SELECT held.article_id, held.reader_id, wave.id AS wave_id FROM held JOIN wave USING (article_id, rule)) theirs
   WHERE r.article_id = theirs.article_id AND r.reader_id = theirs.reader_id
),

-- The rates of articles count what is not held.
article_rate AS (
  INSERT INTO reactions_articlerate AS a
         (article_id, hour, counted, counted_before, without_page, without_page_before, minute, without_history, usual)
  SELECT article_id, hour, sum(reactions), 0, COALESCE(sum(reactions) FILTER (WHERE without_page), 0), 0,
         minute, COALESCE(sum(reactions) FILTER (WHERE without_history), 0), 0
    FROM (SELECT article_id, without_page, without_history, 1 AS reactions FROM first
           UNION ALL
          SELECT article_id, without_page, without_history, -1 FROM held) not_held
   CROSS JOIN moment
   WHERE (SELECT count(*) FROM wave) >= 0  -- once the locks of the waves are held
   GROUP BY article_id, hour, minute HAVING sum(reactions) > 0 ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET counted = EXCLUDED.counted + CASE WHEN EXCLUDED.hour <= a.hour THEN a.counted ELSE 0 END,
         counted_before = CASE WHEN EXCLUDED.hour <= a.hour THEN a.counted_before
                               WHEN EXCLUDED.hour = a.hour + interval '1 hour' THEN a.counted ELSE 0 END,
         without_page = EXCLUDED.without_page + CASE WHEN EXCLUDED.hour <= a.hour THEN a.without_page ELSE 0 END,
         without_page_before = CASE WHEN EXCLUDED.hour <= a.hour THEN a.without_page_before
                                    WHEN EXCLUDED.hour = a.hour + interval '1 hour' THEN a.without_page ELSE 0 END,
         hour = GREATEST(a.hour, EXCLUDED.hour),
         without_history = EXCLUDED.without_history
                           + CASE WHEN EXCLUDED.minute <= a.minute THEN a.without_history ELSE 0 END,
         usual = CASE WHEN EXCLUDED.minute <= a.minute THEN a.usual
                      ELSE (0.9 * a.usual + 0.1 * a.without_history)
                           * 0.9 ^ LEAST(600, extract(epoch FROM EXCLUDED.minute - a.minute) / 60 - 1) END,
         minute = GREATEST(a.minute, EXCLUDED.minute)
)
SELECT COALESCE((SELECT array_agg(id) FROM claimed), '{}'), (SELECT count(*) FROM locked WHERE erased);
