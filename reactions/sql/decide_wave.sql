-- An editor's decision on a wave, with its audit entry. From its commit on the wave takes nothing more.
-- Uses: the key of reactions_wave. Locks: the wave, for whose row a fold that adds to it may be waiting; nothing else, so
-- that no fold and no decision can wait for each other.
-- Returns one row: how many reactions the wave holds. None where there is no such wave or it is so decided already.
WITH decided AS (
  UPDATE reactions_wave SET state = %(decision)s::text, is_open = false, is_applied = false
   WHERE id = %(wave)s::bigint AND state <> %(decision)s::text
  RETURNING id, size
), audited AS (
  INSERT INTO reactions_wavedecision (wave_id, decision, editor, note, size, decided_at)
  SELECT id, %(decision)s::text, %(editor)s::text, %(note)s::text, size, clock_timestamp() FROM decided
)
SELECT size FROM decided;
