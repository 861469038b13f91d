-- An editor's decision on a wave, with its audit entry. From its commit on nothing joins the wave.
-- Uses: the key of reactions_wave. Locks: the wave, for which an aggregation that adds to it may wait; nothing else, so
-- that no aggregation and no decision wait for each other.
-- Returns one row: how many reactions the wave has. None where there is no such wave or it is so decided already.
WITH decided AS (
  UPDATE reactions_wave SET state = %(decision)s::text, is_open = false, is_applied = false
   WHERE id = %(wave)s::bigint AND state <> %(decision)s::text
  RETURNING id, size
), audited AS (
  INSERT INTO reactions_wavedecision (wave_id, decision, editor, note, size, decided_at)
  SELECT id, %(decision)s::text, %(editor)s::text, %(note)s::text, size, clock_timestamp() FROM decided
)
SELECT size FROM decided;
