-- Evaluates the moderation rules for the claimed first reactions of one minute; holds those that a rule holds, each with
-- its wave. aggregate.sql, in the same transaction, deletes the entries and counts.
-- {{first_rule_that_holds}}, {{network_is_suspect}} and {{article_is_suspect}} follow from moderation/rules.py.
-- A row has one entry of its first reaction, and an erased row has none.
-- Uses: the keys of reactions_outboxentry, reactions_reaction, reactions_networkrate and reactions_articlerate;
-- reactions_by_reader for each client without page token; reactions_open_wave.
-- Locks, always in key order: the rates of networks, the open waves, the rates of articles. claim.sql holds the articles'
-- count versions and the rows; lock_networks.sql keeps apart what two aggregations know of one network.
-- A reaction is moderated once, when it is its reader's first to the article, by the time it was made: what waited for a
-- worker is no surge. A network that could not be read is 0: all such clients share it. Returns one row: how many are
-- held.
--
-- The outbox is nearly always empty when PostgreSQL looks, so it expects ten entries where twenty thousand come, and
-- would join two lists of this statement by comparing each with each. Rows of tables are looked up one by one, which is
-- right for both; lists of the statement itself are never joined but put together and sorted, or asked by IN beside an
-- OR, which makes a hash table.
WITH claimed AS MATERIALIZED (
  SELECT id, article_id, reader_id, created_at, COALESCE(network, 0) AS network, has_page_token
    FROM reactions_outboxentry
   WHERE id = ANY (%(entries)s::bigint[])
), moment AS MATERIALIZED (
  SELECT now, date_trunc('minute', now) AS minute, date_trunc('hour', now) AS hour,
         1 - extract(epoch FROM now - date_trunc('hour', now)) / 3600 AS left_of_hour,
         (now AT TIME ZONE 'UTC')::date AS day,
         1 - extract(epoch FROM (now AT TIME ZONE 'UTC')::time) / 86400 AS left_of_day
    FROM (SELECT max(created_at) AS now FROM claimed) newest
), history AS MATERIALIZED (
  SELECT entry.id
    FROM claimed entry
   CROSS JOIN LATERAL (
           SELECT FROM reactions_reaction h
            WHERE h.reader_id = entry.reader_id AND h.article_id <> entry.article_id AND h.counted <> 0
              AND h.changed_at < date_trunc('day', entry.created_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
            LIMIT 1) found
   WHERE NOT entry.has_page_token
), first AS MATERIALIZED (
  SELECT article_id, reader_id, network, id AS first_entry,
         NOT has_page_token AND id NOT IN (SELECT id FROM history) AS without_page
    FROM claimed
),

-- The rates of networks. An hour and a day begin with their first reaction, so that neither is cut in two.
network_article AS (
  INSERT INTO reactions_networkrate AS n
         (network, article_id, hour_started_at, in_hour, day_started_at, in_day, minute, in_minute)
  SELECT network, article_id, now, count(*), now, count(*), minute, count(*)
    FROM first CROSS JOIN moment
   GROUP BY network, article_id, now, minute ORDER BY network, article_id
      ON CONFLICT (network, article_id) DO UPDATE
     SET in_hour = EXCLUDED.in_hour
                   + CASE WHEN n.hour_started_at > EXCLUDED.hour_started_at - interval '1 hour' THEN n.in_hour ELSE 0 END,
         hour_started_at = CASE WHEN n.hour_started_at > EXCLUDED.hour_started_at - interval '1 hour'
                                THEN n.hour_started_at ELSE EXCLUDED.hour_started_at END,
         in_day = EXCLUDED.in_day
                  + CASE WHEN n.day_started_at > EXCLUDED.day_started_at - interval '1 day' THEN n.in_day ELSE 0 END,
         day_started_at = CASE WHEN n.day_started_at > EXCLUDED.day_started_at - interval '1 day'
                               THEN n.day_started_at ELSE EXCLUDED.day_started_at END,
         in_minute = EXCLUDED.in_minute + CASE WHEN n.minute >= EXCLUDED.minute THEN n.in_minute ELSE 0 END,
         minute = GREATEST(n.minute, EXCLUDED.minute)
  RETURNING network, article_id, in_hour, in_day, in_minute
), network_before AS (
  SELECT n.network, sum(n.in_minute) AS in_minute
    FROM (SELECT DISTINCT network FROM first) here
    JOIN reactions_networkrate n USING (network)
    JOIN moment USING (minute)
   GROUP BY n.network
),

-- What is suspect: all first reactions of a network that may be over a limit, and all to an article that may be.
suspect_network AS MATERIALIZED (
  SELECT network, before AS in_minute_before
    FROM (SELECT network, max(in_hour) AS in_hour, max(in_day) AS in_day, sum(in_minute) AS in_minute, max(before) AS before
            FROM (SELECT network, in_hour, in_day, in_minute, NULL::bigint AS before FROM network_article
                   UNION ALL
                  SELECT network, NULL, NULL, in_minute, in_minute FROM network_before) together
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
         CASE moment.day WHEN a.day THEN a.in_day + a.in_day_before * left_of_day
                         WHEN a.day + 1 THEN a.in_day * left_of_day ELSE 0 END AS in_day,
         CASE WHEN moment.minute = a.minute THEN a.in_minute ELSE 0 END AS in_minute,
         CASE WHEN moment.minute <= a.minute THEN a.usual
              WHEN 0.9 * a.usual + 0.1 * a.in_minute < 1e-6 THEN 0
              ELSE (0.9 * a.usual + 0.1 * a.in_minute)
                   * 0.9 ^ LEAST(600, extract(epoch FROM moment.minute - a.minute) / 60 - 1) END AS usual
    FROM (SELECT DISTINCT article_id FROM suspect) here
    JOIN reactions_articlerate a USING (article_id)
    CROSS JOIN moment
),

-- The figures that the rules read. In each window what was known before comes first, then the reactions in their order.
figures AS (
  SELECT article_id, reader_id, network, without_page,
         max(in_hour) OVER here - count(reader_id) OVER all_here + count(reader_id) OVER here AS network_article,
         max(network_day) OVER here - count(reader_id) OVER all_here + count(reader_id) OVER here AS network_article_day,
         COALESCE(max(in_minute_before) OVER anywhere, 0) + count(reader_id) OVER anywhere AS network_minute,
         COALESCE(max(in_minute) OVER article, 0) + count(*) FILTER (WHERE without_page) OVER article AS article_minute,
         COALESCE(max(without_page_before) OVER article, 0)
           + count(*) FILTER (WHERE without_page) OVER article AS article_without_page,
         COALESCE(max(counted) OVER article, 0) AS article_hour,
         COALESCE(max(counted) OVER article, 0) - (max(in_hour) OVER here - count(reader_id) OVER all_here) AS article_hour_others,
         COALESCE(max(in_day) OVER article, 0) - (max(network_day) OVER here - count(reader_id) OVER all_here) AS article_day_others,
         COALESCE(max(usual) OVER article, 0) AS article_usual
    FROM (SELECT article_id, reader_id, network, without_page, first_entry,
                 NULL::int AS in_hour, NULL::int AS network_day, NULL::bigint AS in_minute_before, NULL::float AS counted,
                 NULL::float AS in_day, NULL::float AS without_page_before, NULL::int AS in_minute, NULL::float AS usual
            FROM suspect
           UNION ALL
          SELECT article_id, NULL, network, NULL, NULL, in_hour, in_day, NULL, NULL, NULL, NULL, NULL, NULL
            FROM network_article
           WHERE network IN (SELECT network FROM suspect_network)
              OR article_id IN (SELECT article_id FROM suspect_article)
           UNION ALL
          SELECT NULL, NULL, network, NULL, NULL, NULL, NULL, in_minute_before, NULL, NULL, NULL, NULL, NULL
            FROM suspect_network
           UNION ALL
          SELECT article_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, counted, in_day, without_page, in_minute, usual
            FROM article_before
         ) together
  WINDOW all_here AS (PARTITION BY network, article_id),
         here AS (PARTITION BY network, article_id ORDER BY first_entry NULLS FIRST ROWS UNBOUNDED PRECEDING),
         anywhere AS (PARTITION BY network ORDER BY first_entry NULLS FIRST ROWS UNBOUNDED PRECEDING),
         article AS (PARTITION BY article_id ORDER BY first_entry NULLS FIRST ROWS UNBOUNDED PRECEDING)
), held AS MATERIALIZED (
  SELECT article_id, reader_id, network, without_page, rule
    FROM (SELECT *, {{first_rule_that_holds}} AS rule FROM figures WHERE reader_id IS NOT NULL) moderated
   WHERE rule IS NOT NULL
),

-- What is held joins the open wave of its rule. A wave stores a thousand networks.
wave AS (
  INSERT INTO reactions_wave AS w
         (article_id, rule, state, is_open, is_applied, started_at, last_at, size, network_count, networks)
  SELECT article_id, rule, 'held', true, true, now, now, count(*), LEAST(count(DISTINCT network), 1000),
         (array_agg(DISTINCT network))[:1000]
    FROM held CROSS JOIN moment
   GROUP BY article_id, rule, now ORDER BY article_id, rule
      ON CONFLICT (article_id, rule) WHERE is_open DO UPDATE
     SET size = w.size + EXCLUDED.size,
         last_at = GREATEST(w.last_at, EXCLUDED.last_at),
         networks = ARRAY(SELECT DISTINCT unnest(w.networks || EXCLUDED.networks) LIMIT 1000),
         network_count = (SELECT LEAST(count(DISTINCT network), 1000)
                            FROM unnest(w.networks || EXCLUDED.networks) AS network)
  RETURNING id, article_id, rule
), joined_wave AS (
  UPDATE reactions_reaction r SET held = true, wave_id = theirs.wave_id
    FROM (SELECT held.article_id, held.reader_id, wave.id AS wave_id FROM held JOIN wave USING (article_id, rule)) theirs
   WHERE r.article_id = theirs.article_id AND r.reader_id = theirs.reader_id
),

-- The rates of articles count what is not held.
article_rate AS (
  INSERT INTO reactions_articlerate AS a
         (article_id, hour, counted, counted_before, without_page, without_page_before, day, in_day, in_day_before,
          minute, in_minute, usual)
  SELECT article_id, hour, sum(reactions), 0, COALESCE(sum(reactions) FILTER (WHERE without_page), 0), 0,
         day, sum(reactions), 0, minute, COALESCE(sum(reactions) FILTER (WHERE without_page), 0), 0
    FROM (SELECT article_id, without_page, 1 AS reactions FROM first
           UNION ALL
          SELECT article_id, without_page, -1 FROM held) not_held
   CROSS JOIN moment
   WHERE (SELECT count(*) FROM wave) >= 0  -- once the locks of the waves are held
   GROUP BY article_id, hour, day, minute HAVING sum(reactions) > 0 ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET counted = EXCLUDED.counted + CASE WHEN EXCLUDED.hour <= a.hour THEN a.counted ELSE 0 END,
         counted_before = CASE WHEN EXCLUDED.hour <= a.hour THEN a.counted_before
                               WHEN EXCLUDED.hour = a.hour + interval '1 hour' THEN a.counted ELSE 0 END,
         without_page = EXCLUDED.without_page + CASE WHEN EXCLUDED.hour <= a.hour THEN a.without_page ELSE 0 END,
         without_page_before = CASE WHEN EXCLUDED.hour <= a.hour THEN a.without_page_before
                                    WHEN EXCLUDED.hour = a.hour + interval '1 hour' THEN a.without_page ELSE 0 END,
         hour = GREATEST(a.hour, EXCLUDED.hour),
         in_day = EXCLUDED.in_day + CASE WHEN EXCLUDED.day <= a.day THEN a.in_day ELSE 0 END,
         in_day_before = CASE WHEN EXCLUDED.day <= a.day THEN a.in_day_before
                              WHEN EXCLUDED.day = a.day + 1 THEN a.in_day ELSE 0 END,
         day = GREATEST(a.day, EXCLUDED.day),
         in_minute = EXCLUDED.in_minute + CASE WHEN EXCLUDED.minute <= a.minute THEN a.in_minute ELSE 0 END,
         -- What is less than one in a million minutes is 0: a product of ever more factors would be too small for a
         -- float, and raise.
         usual = CASE WHEN EXCLUDED.minute <= a.minute THEN a.usual
                      WHEN 0.9 * a.usual + 0.1 * a.in_minute < 1e-6 THEN 0
                      ELSE (0.9 * a.usual + 0.1 * a.in_minute)
                           * 0.9 ^ LEAST(600, extract(epoch FROM EXCLUDED.minute - a.minute) / 60 - 1) END,
         minute = GREATEST(a.minute, EXCLUDED.minute)
)
SELECT count(*) FROM held;
