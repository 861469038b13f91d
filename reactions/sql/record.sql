-- Sets one reader's reactions to one article, and adds an outbox entry. One round trip, one commit.
-- What the reader has may stay, also where the article no longer accepts it or a reader may have fewer today; only what
-- is new must be allowed, and taking away always is.
-- The outbox entry of a first reaction carries the signals that the rules evaluate; a change is not moderated.
-- Uses: the keys of articles_article, reactions_policy, articles_articletag (its index of tags of an article),
-- reactions_countversion, reactions_articlecount, reactions_importedcount, reactions_reaction; reads every default policy.
-- Locks: this reader's row. Never the article, its policy or its counts, so no reader waits for another.
-- Returns one row, none where there is no such article: verdict, "again" where the reader's row changed after the
-- snapshot was taken, so that nothing was written; the set that was replaced, null where nothing changed; the part of the
-- counts that is this reader's; count version, and its time as `rfc3339` writes it; the counts as counts.sql has them. All
-- of it is from one snapshot.
WITH before AS MATERIALIZED (
  SELECT kinds, counted
    FROM reactions_reaction
   WHERE article_id = %(article)s::uuid AND reader_id = %(reader)s::uuid
), article AS MATERIALIZED (
  SELECT a.id,
         CASE WHEN a.state NOT IN ({{public_states}}) OR p.state = 'hidden' THEN 'missing'
              WHEN p.state = 'closed' OR a.state = 'retracted' OR p.closes_at <= statement_timestamp() THEN 'closed'
              WHEN %(kinds)s::int & ~(p.allowed & %(offered)s::int)
                   & ~COALESCE((SELECT kinds FROM before), 0) <> 0 THEN 'not_allowed'
              WHEN bit_count(%(kinds)s::int::bit(32)) > %(most)s::int
                   AND %(kinds)s::int & ~COALESCE((SELECT kinds FROM before), 0) <> 0 THEN 'too_many'
              ELSE 'accepted' END AS verdict,
         p.allowed & %(offered)s::int AS allowed,
         COALESCE(v.version, 0) AS version,
         to_char(COALESCE(v.counted_at, a.first_published_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS as_of
    FROM articles_article a
   CROSS JOIN reactions_effective_policy(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
    LEFT JOIN reactions_countversion v ON v.article_id = a.id
   WHERE a.id = %(article)s::uuid
), written AS (
  INSERT INTO reactions_reaction AS r
         (article_id, reader_id, kinds, held, counted, was_counted, erased, changed_at)
  SELECT id, %(reader)s::uuid, %(kinds)s::int, false, 0, 0, false, clock_timestamp()
    FROM article
   WHERE verdict = 'accepted' AND (%(kinds)s::int <> 0 OR EXISTS (SELECT FROM before))
      ON CONFLICT (article_id, reader_id) DO UPDATE
     SET previous = r.kinds, kinds = EXCLUDED.kinds, changed_at = EXCLUDED.changed_at
   WHERE r.kinds <> EXCLUDED.kinds AND EXCLUDED.kinds & ~r.kinds & ~(SELECT allowed FROM article) = 0
     AND (bit_count(EXCLUDED.kinds::bit(32)) <= %(most)s::int OR EXCLUDED.kinds & ~r.kinds = 0)
  RETURNING article_id, reader_id, previous
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id, is_first, network, has_page_token)
  SELECT article_id, reader_id, previous IS NULL, CASE WHEN previous IS NULL THEN %(network)s::bigint END,
         previous IS NULL AND %(has_page_token)s::boolean
    FROM written
)
SELECT CASE WHEN verdict = 'accepted' AND NOT EXISTS (SELECT FROM written)
                 AND %(kinds)s::int <> COALESCE((SELECT kinds FROM before), 0) THEN 'again'
            ELSE verdict END AS verdict,
       (SELECT COALESCE(previous, 0) FROM written) AS previous,
       COALESCE((SELECT counted FROM before), 0) AS counted,
       version,
       as_of,
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_articlecount WHERE article_id = article.id
              UNION ALL
             SELECT ARRAY[kind::bigint, count] FROM reactions_importedcount WHERE article_id = article.id) AS counts
  FROM article;
