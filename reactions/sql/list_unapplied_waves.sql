-- Decided waves whose rows are not changed yet. Uses: reactions_waves_to_do. Locks: those waves, skipping those that
-- another transaction holds, so that each is applied by one.
SELECT id FROM reactions_wave WHERE NOT is_applied ORDER BY id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED;
