-- Notes that the reactions of these articles are to be moved to others. What was merged into one of them before leads to
-- the same article from then on. Uses: the keys of reactions_articlemerge, reactions_merges_into.
-- Locks: those merges; waits for a batch of one of them that is being moved. Returns a row for each.
WITH noted AS MATERIALIZED (
  SELECT * FROM unnest(%(articles)s::uuid[], %(into)s::uuid[]) AS of (article_id, into_id)
), further AS (
  UPDATE reactions_articlemerge m SET into_id = noted.into_id
    FROM noted WHERE m.into_id = noted.article_id AND m.article_id <> noted.into_id
)
INSERT INTO reactions_articlemerge AS m (article_id, into_id, merged_at, settled)
SELECT article_id, into_id, clock_timestamp(), false FROM noted ORDER BY article_id
    ON CONFLICT (article_id) DO UPDATE
   SET into_id = EXCLUDED.into_id, merged_at = EXCLUDED.merged_at, settled = false
RETURNING article_id;
