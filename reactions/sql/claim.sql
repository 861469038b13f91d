-- Claims outbox entries: the oldest whose article and row no other transaction holds. Locks the count versions of their
-- articles, then their rows. moderate.sql and aggregate.sql, in the same transaction, do the rest; they are statements
-- of their own because this one's snapshot is older than its locks.
-- What is locked elsewhere is skipped and stays in the outbox, so this statement never waits. A set-aside article is
-- left out, unless it is the one in `only`. `after` is an id below which no entry lives (watermark.py).
-- Uses: the key of reactions_outboxentry in its order, reactions_setaside as a whole (nearly always empty), the keys of
-- reactions_countversion and reactions_reaction. Locks: those versions and rows.
-- Returns a row for each minute in which claimed first reactions were made, oldest first, and one with a null minute
-- for the other claimed entries: the minute; the ids, as the text of an array, which the next statements read; the groups
-- of networks to lock (lock_networks.sql). At least one row. Every row repeats: how many entries were read; how many are
-- claimed; the articles claimed; articles without a count version; articles of which something is locked elsewhere;
-- entries left because their row is locked or gone; whether a row is of an erased reader; and for watermark.py the
-- lowest id, the last id given out, xmin of this snapshot, and the id of this transaction where `needs_xid`.
--
-- The outbox is nearly always empty when PostgreSQL plans, so it expects ten entries where twenty thousand come, and
-- would join two lists of this statement by comparing each with each. Rows of tables are looked up one by one, which is
-- right for both; lists of the statement itself are asked by IN, which makes a hash table.
WITH candidate AS MATERIALIZED (
  SELECT id, article_id, reader_id, is_first, COALESCE(network, 0) AS network, date_trunc('minute', created_at) AS minute
    FROM reactions_outboxentry
   WHERE id > %(after)s::bigint
     AND article_id <> ALL (%(without)s::uuid[])
     AND CASE WHEN %(only)s::uuid[] IS NULL THEN article_id NOT IN (SELECT article_id FROM reactions_setaside)
              ELSE article_id = ANY (%(only)s::uuid[]) END
   ORDER BY id LIMIT %(most)s::int
), article AS MATERIALIZED (
  SELECT DISTINCT article_id FROM candidate
), version AS MATERIALIZED (
  SELECT v.article_id
    FROM article JOIN reactions_countversion v USING (article_id)
   ORDER BY v.article_id
     FOR NO KEY UPDATE OF v SKIP LOCKED
), free AS MATERIALIZED (
  SELECT * FROM candidate WHERE article_id IN (SELECT article_id FROM version)
), claimed AS MATERIALIZED (
  SELECT free.id, CASE WHEN is_first THEN minute END AS minute, network, r.erased
    FROM free JOIN reactions_reaction r ON r.article_id = free.article_id AND r.reader_id = free.reader_id
     FOR NO KEY UPDATE OF r SKIP LOCKED
), unversioned AS MATERIALIZED (
  SELECT article_id FROM article
   WHERE article_id NOT IN (SELECT article_id FROM version)
     AND NOT EXISTS (SELECT FROM reactions_countversion v WHERE v.article_id = article.article_id OFFSET 0)
), left_over AS MATERIALIZED (
  SELECT id, article_id FROM free
   WHERE (SELECT count(*) FROM claimed) < (SELECT count(*) FROM free) AND id NOT IN (SELECT id FROM claimed)
), near_limit AS (
  SELECT minute, array_agg(DISTINCT (network & 255)::int) AS stripes
    FROM (SELECT minute, network FROM claimed WHERE minute IS NOT NULL
           GROUP BY minute, network HAVING count(*) > %(unshared)s::int) network
   GROUP BY minute
)
SELECT minute, ids::text, stripes,
       (SELECT count(*) FROM candidate), (SELECT count(*) FROM claimed), ARRAY(SELECT article_id FROM version),
       ARRAY(SELECT article_id FROM unversioned),
       ARRAY(SELECT article_id FROM article
              WHERE article_id NOT IN (SELECT article_id FROM version)
                AND article_id NOT IN (SELECT article_id FROM unversioned)
              UNION
             SELECT article_id FROM left_over),
       ARRAY(SELECT id FROM left_over), EXISTS (SELECT FROM claimed WHERE erased),
       (SELECT id FROM reactions_outboxentry WHERE id > %(after)s::bigint ORDER BY id LIMIT 1),
       (SELECT last_value - (NOT is_called)::int FROM reactions_outboxentry_id_seq),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       CASE WHEN %(needs_xid)s::boolean THEN pg_current_xact_id()::text::bigint END
  FROM (VALUES (1)) AS always
  LEFT JOIN (SELECT minute, array_agg(id) AS ids FROM claimed GROUP BY minute) by_minute ON true
  LEFT JOIN near_limit USING (minute)
 ORDER BY minute NULLS FIRST;
