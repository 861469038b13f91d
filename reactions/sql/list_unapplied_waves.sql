-- Decided waves whose rows are not changed yet, the oldest first. Uses: reactions_waves_to_do. Locks nothing.
SELECT id FROM reactions_wave WHERE NOT is_applied ORDER BY id LIMIT %(most)s::int;
