-- Sets the reactions of many readers, each to one article, as record.sql sets one, and adds their outbox entries. One round
-- trip, one commit. No two of the requests are of the same reader on the same article.
-- A row that another transaction holds is left out, and so is one that changed after the snapshot was taken: their
-- verdict is "again". So the statement waits for no row that is there; for a row that another transaction has added and
-- not committed it does.
-- Uses: what record.sql uses. Locks: the rows that it changes, and of these it adds those in the order of their keys.
-- Returns a row for each request, none where there is no such article: its number, from 1; verdict, previous and
-- counted as record.sql returns them; the number of the first request for the same article, and with that one alone
-- version, time and counts of the article. All of it is from one snapshot.
WITH request AS MATERIALIZED (
  SELECT *
    FROM unnest(%(articles)s::uuid[], %(readers)s::uuid[], %(kinds)s::int[], %(networks)s::bigint[],
                %(page_tokens)s::boolean[])
         WITH ORDINALITY AS r (article_id, reader_id, kinds, network, has_page_token, number)
), article AS MATERIALIZED (
  SELECT a.id, first,
         CASE WHEN a.state NOT IN ({{public_states}}) OR p.state = 'hidden' THEN 'missing'
              WHEN p.state = 'closed' OR a.state = 'retracted' OR p.closes_at <= statement_timestamp() THEN 'closed'
              END AS refusal,
         p.allowed & %(offered)s::int AS allowed,
         COALESCE(v.version, 0) AS version,
         to_char(COALESCE(v.counted_at, a.first_published_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS as_of,
         ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_articlecount WHERE article_id = a.id
                UNION ALL
               SELECT ARRAY[kind::bigint, count] FROM reactions_importedcount WHERE article_id = a.id) AS counts
    FROM (SELECT article_id, min(number) AS first FROM request GROUP BY article_id) wanted
    JOIN articles_article a ON a.id = wanted.article_id
   CROSS JOIN reactions_effective_policy(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
    LEFT JOIN reactions_countversion v ON v.article_id = a.id
), evaluated AS MATERIALIZED (
  SELECT r.*, b.kinds AS previous, COALESCE(b.counted, 0) AS counted, a.first,
         CASE WHEN a.refusal IS NOT NULL THEN a.refusal
              WHEN r.kinds & ~a.allowed & ~COALESCE(b.kinds, 0) <> 0 THEN 'not_allowed'
              WHEN bit_count(r.kinds::bit(32)) > %(most)s::int AND r.kinds & ~COALESCE(b.kinds, 0) <> 0 THEN 'too_many'
              WHEN r.kinds = COALESCE(b.kinds, 0) THEN 'unchanged'
              ELSE 'accepted' END AS verdict
    FROM request r
    JOIN article a ON a.id = r.article_id
    LEFT JOIN reactions_reaction b ON b.article_id = r.article_id AND b.reader_id = r.reader_id
), locked AS MATERIALIZED (
  SELECT w.number
    FROM evaluated w JOIN reactions_reaction l ON l.article_id = w.article_id AND l.reader_id = w.reader_id
   WHERE w.verdict = 'accepted' AND w.previous IS NOT NULL AND l.kinds = w.previous
     FOR NO KEY UPDATE OF l SKIP LOCKED
), written AS (
  INSERT INTO reactions_reaction AS r
         (article_id, reader_id, kinds, previous, held, counted, was_counted, erased, changed_at)
  SELECT article_id, reader_id, kinds, previous, false, 0, 0, false, clock_timestamp()
    FROM evaluated
   WHERE verdict = 'accepted' AND (previous IS NULL OR number IN (SELECT number FROM locked))
   ORDER BY article_id, reader_id
      ON CONFLICT (article_id, reader_id) DO UPDATE
     SET previous = r.kinds, kinds = EXCLUDED.kinds, changed_at = EXCLUDED.changed_at
   WHERE r.kinds = EXCLUDED.previous
  RETURNING article_id, reader_id
), done AS MATERIALIZED (
  SELECT * FROM evaluated WHERE (article_id, reader_id) IN (SELECT article_id, reader_id FROM written)
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id, is_first, network, has_page_token)
  SELECT article_id, reader_id, previous IS NULL, CASE WHEN previous IS NULL THEN network END,
         previous IS NULL AND has_page_token
    FROM done
)
SELECT number,
       CASE verdict WHEN 'unchanged' THEN 'accepted'
                    WHEN 'accepted' THEN CASE WHEN number IN (SELECT number FROM done) THEN verdict ELSE 'again' END
                    ELSE verdict END,
       CASE WHEN verdict = 'accepted' THEN COALESCE(previous, 0) END,
       counted,
       evaluated.first,
       article.version, article.as_of, article.counts
  FROM evaluated
  LEFT JOIN article ON article.first = number;
