-- Decided waves whose rows are not yet as was decided. Uses: reactions_waves_to_do. Locks: those waves, skipping those
-- that somebody else is at, so that each is done by one.
SELECT id FROM reactions_wave WHERE NOT is_applied ORDER BY id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED;
