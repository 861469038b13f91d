-- Says which reactions an article takes, and raises the version of its public answer.
-- Uses: the keys of both tables. Locks: the article's policy and tally.
WITH said AS (
  INSERT INTO reactions_policy (article_id, state, allowed)
  VALUES (%(article)s::uuid, %(state)s::text, %(allowed)s::int)
      ON CONFLICT (article_id) DO UPDATE SET state = EXCLUDED.state, allowed = EXCLUDED.allowed
)
INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
VALUES (%(article)s::uuid, 1, 0, clock_timestamp())
    ON CONFLICT (article_id) DO UPDATE
   SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
RETURNING version;
