-- Moves reactions: to another article, where two are merged, or to another reader, where a guest signs in. Where both
-- ends have a row, the newest choice that is not empty stays; of two that are equally old, that of the other end. What
-- the reader took back at the other end after `merged_at` stays taken back.
-- No count changes here. `counted` stays where it is: the row that is left is erased as erase.sql does, and both rows
-- get an outbox entry. So aggregation alone changes counts, and there is no drift at any moment.
-- What moderation decided goes along with the choice: held, and the wave. A first reaction that is not moderated yet
-- takes its signals along, to be moderated once; where the other end has a row, that row's verdict stays, as with any
-- change.
-- lock_rows.sql, in the same transaction, holds the rows of both ends, and this statement's snapshot is newer: of a row
-- that is locked no entry is claimed. `has_target` says where it found one at the other end. A row that came there since
-- is left alone, and so is the one that was to be moved: the next call finds both. shrink_waves.sql, in the same
-- transaction, takes the rows that are dropped out of their waves.
-- Uses: the keys of reactions_reaction and reactions_outboxentry, the latter from the watermark on, and only where a row may
-- wait for moderation. Locks: the rows that it adds, in key order; waits only for one that is being added.
-- Returns a row for each wave that loses rows, and one with null for the others: the wave, and how many rows were moved.
WITH pair AS MATERIALIZED (
  SELECT *
    FROM unnest(%(articles)s::uuid[], %(readers)s::uuid[], %(into_articles)s::uuid[], %(into_readers)s::uuid[],
                %(have_targets)s::boolean[])
         AS p (article_id, reader_id, into_article_id, into_reader_id, has_target)
), found AS MATERIALIZED (
  SELECT pair.*, s.kinds, s.previous, s.held, s.wave_id, s.changed_at,
         s.counted = 0 AND NOT s.held AS may_wait,
         t.wave_id AS target_wave_id,
         t.counted = 0 AND NOT t.held AS target_may_wait,
         COALESCE(s.kinds <> 0 AND (s.changed_at > t.changed_at
                                    OR t.kinds = 0 AND t.changed_at <= COALESCE(%(merged_at)s::timestamptz, 'infinity')),
                  false) AS wins
    FROM pair
    JOIN reactions_reaction s ON s.article_id = pair.article_id AND s.reader_id = pair.reader_id
    LEFT JOIN reactions_reaction t
      ON pair.has_target AND t.article_id = pair.into_article_id AND t.reader_id = pair.into_reader_id
), may_wait AS MATERIALIZED (
  SELECT article_id, reader_id FROM found WHERE may_wait
   UNION ALL
  SELECT into_article_id, into_reader_id FROM found WHERE wins AND target_may_wait
), waiting AS MATERIALIZED (
  SELECT id, article_id, reader_id, created_at, network, has_page_token
    FROM reactions_outboxentry
   WHERE EXISTS (SELECT FROM may_wait)
     AND id > COALESCE((SELECT watermark FROM reactions_aggregationrun), 0)
     AND is_first AND (article_id, reader_id) IN (SELECT article_id, reader_id FROM may_wait)
), choice AS MATERIALIZED (
  SELECT found.*,
         may_wait AND (article_id, reader_id) IN (SELECT article_id, reader_id FROM waiting) AS waits
    FROM found
), created AS MATERIALIZED (
  INSERT INTO reactions_reaction
         (article_id, reader_id, kinds, previous, held, wave_id, counted, was_counted, erased, changed_at)
  SELECT into_article_id, into_reader_id, kinds, previous, held, wave_id, 0, 0, false, changed_at
    FROM choice
   WHERE NOT has_target
   ORDER BY into_article_id, into_reader_id
      ON CONFLICT DO NOTHING
  RETURNING article_id, reader_id
), replaced AS (
  UPDATE reactions_reaction t
     SET previous = t.kinds, kinds = choice.kinds, changed_at = choice.changed_at,
         held = CASE WHEN waits THEN t.held ELSE choice.held END,
         wave_id = CASE WHEN waits THEN t.wave_id ELSE choice.wave_id END
    FROM choice
   WHERE wins AND t.article_id = choice.into_article_id AND t.reader_id = choice.into_reader_id
), moved AS MATERIALIZED (
  SELECT *,
         CASE WHEN NOT has_target THEN NULL WHEN NOT wins THEN wave_id
              WHEN NOT waits THEN target_wave_id END AS left_wave_id
    FROM choice
   WHERE has_target OR (into_article_id, into_reader_id) IN (SELECT article_id, reader_id FROM created)
), erased AS (
  UPDATE reactions_reaction r
     SET reader_id = gen_random_uuid(), previous = 0, kinds = 0, held = false, wave_id = NULL, erased = true,
         changed_at = clock_timestamp()
    FROM moved
   WHERE r.article_id = moved.article_id AND r.reader_id = moved.reader_id
  RETURNING r.article_id, r.reader_id
), settled AS (  -- the entry of a first reaction that is erased, and of one whose row has another's verdict
  DELETE FROM reactions_outboxentry
   WHERE id IN (SELECT id FROM waiting
                 WHERE (article_id, reader_id) IN (SELECT article_id, reader_id FROM moved)
                    OR (article_id, reader_id) IN (SELECT into_article_id, into_reader_id FROM moved WHERE wins AND NOT waits))
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id, created_at, is_first, network, has_page_token)
  SELECT article_id, reader_id, clock_timestamp(), false, NULL::bigint, false FROM erased
   UNION ALL
  SELECT into_article_id, into_reader_id, COALESCE(w.created_at, clock_timestamp()), w.id IS NOT NULL, w.network,
         COALESCE(w.has_page_token, false)
    FROM moved LEFT JOIN waiting w
      ON NOT moved.has_target AND w.article_id = moved.article_id AND w.reader_id = moved.reader_id
   WHERE wins OR NOT has_target
)
SELECT left_wave_id, count(*) FROM moved GROUP BY left_wave_id;
