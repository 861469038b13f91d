-- Replaces the own policy of an article, and raises its count version. Uses: the keys of both tables.
-- Locks: the article's policy and count version.
WITH own AS (
  INSERT INTO reactions_policy (article_id, state, allowed, closes_at, close_after_days)
  VALUES (%(article)s::uuid, %(state)s::text, %(allowed)s::int,
          %(closes_at)s::timestamptz, %(close_after_days)s::int)
      ON CONFLICT (article_id) DO UPDATE
     SET state = EXCLUDED.state, allowed = EXCLUDED.allowed,
         closes_at = EXCLUDED.closes_at, close_after_days = EXCLUDED.close_after_days
)
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
VALUES (%(article)s::uuid, 1, 0, clock_timestamp())
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING version;
