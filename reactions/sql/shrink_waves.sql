-- Takes so many reactions out of the size of each wave. Uses: the key of reactions_wave.
-- Locks: the waves, in key order, as moderation does. Returns a row for each.
--
-- The numbers are joined and not asked by a subquery: where an aggregation changes the wave meanwhile, PostgreSQL runs a
-- subquery again.
WITH lost AS MATERIALIZED (
  SELECT id, reactions FROM unnest(%(waves)s::bigint[], %(sizes)s::int[]) AS lost (id, reactions)
), locked AS MATERIALIZED (
  SELECT id FROM reactions_wave WHERE id = ANY (%(waves)s::bigint[]) ORDER BY article_id, rule FOR NO KEY UPDATE
)
UPDATE reactions_wave w SET size = w.size - lost.reactions
  FROM locked JOIN lost USING (id)
 WHERE w.id = locked.id
RETURNING 1;
