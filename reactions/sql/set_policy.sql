-- Says what a story itself says of its reactions, all of it anew, and raises the version of its public answer.
-- Uses: the keys of both tables. Locks: the article's policy and tally.
WITH said AS (
  INSERT INTO reactions_policy (article_id, state, allowed, closes_at, close_after_days)
  VALUES (%(article)s::uuid, %(state)s::text, %(allowed)s::int,
          %(closes_at)s::timestamptz, %(close_after_days)s::int)
      ON CONFLICT (article_id) DO UPDATE
     SET state = EXCLUDED.state, allowed = EXCLUDED.allowed,
         closes_at = EXCLUDED.closes_at, close_after_days = EXCLUDED.close_after_days
)
INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
VALUES (%(article)s::uuid, 1, 0, clock_timestamp())
    ON CONFLICT (article_id) DO UPDATE
   SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
RETURNING version;
