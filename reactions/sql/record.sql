-- Sets one reader's reactions to one article and marks the row for fold. One round trip, one commit.
-- Uses: the keys of articles_article, reactions_policy, reactions_tally, reactions_total, reactions_baseline,
-- reactions_reaction.
-- Locks: this reader's row. Never the article, its policy or its counts, so no reader waits for another.
-- The mark of a first reaction carries what it is judged by; a change of mind is not judged, so its mark does not.
-- Returns one row, none where there is no such article: verdict; the set that was replaced, null where nothing
-- changed; what the totals hold of this reader; and the totals as counts.sql has them, as one snapshot saw them.
WITH story AS MATERIALIZED (
  SELECT a.id,
         CASE WHEN a.state NOT IN ('published', 'corrected', 'retracted') OR p.state = 'hidden' THEN 'missing'
              WHEN p.state = 'closed' OR a.state = 'retracted' THEN 'closed'
              WHEN %(kinds)s::int & ~COALESCE(p.allowed, -1) <> 0 THEN 'not_allowed'
              WHEN bit_count(%(kinds)s::int::bit(32)) > %(most)s::int THEN 'too_many'
              ELSE 'taken' END AS verdict,
         COALESCE(t.version, 0) AS version,
         COALESCE(t.counted_at, a.first_published_at) AS counted_at
    FROM articles_article a
    LEFT JOIN reactions_policy p ON p.article_id = a.id
    LEFT JOIN reactions_tally t ON t.article_id = a.id
   WHERE a.id = %(article)s::uuid
), before AS MATERIALIZED (
  SELECT kinds, counted
    FROM reactions_reaction
   WHERE article_id = %(article)s::uuid AND reader_id = %(reader)s::uuid
), written AS (
  INSERT INTO reactions_reaction AS r
         (article_id, reader_id, kinds, held, counted, was_counted, erased, changed_at)
  SELECT id, %(reader)s::uuid, %(kinds)s::int, false, 0, 0, false, clock_timestamp()
    FROM story
   WHERE verdict = 'taken' AND (%(kinds)s::int <> 0 OR EXISTS (SELECT FROM before))
      ON CONFLICT (article_id, reader_id) DO UPDATE
     SET previous = r.kinds, kinds = EXCLUDED.kinds, changed_at = EXCLUDED.changed_at
   WHERE r.kinds <> EXCLUDED.kinds
  RETURNING article_id, reader_id, previous
), marked AS (
  INSERT INTO reactions_mark (article_id, reader_id, is_first, network, is_newcomer, has_read)
  SELECT article_id, reader_id, previous IS NULL, CASE WHEN previous IS NULL THEN %(network)s::bigint END,
         previous IS NULL AND %(is_newcomer)s::boolean, previous IS NULL AND %(has_read)s::boolean
    FROM written
)
SELECT verdict,
       (SELECT COALESCE(previous, 0) FROM written) AS previous,
       COALESCE((SELECT counted FROM before), 0) AS counted,
       version,
       counted_at,
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_total WHERE article_id = story.id
              UNION ALL
             SELECT ARRAY[kind::bigint, count] FROM reactions_baseline WHERE article_id = story.id) AS totals
  FROM story;
