-- Locks the open waves of these articles, for a transaction that moderates several minutes: each minute by itself would
-- lock its waves in key order, and the next minute might need one that comes before.
-- Uses: reactions_open_wave. Locks: those waves, in key order, as shrink_waves.sql and purge_networks.sql do.
-- Returns a row for each.
SELECT id FROM reactions_wave
 WHERE article_id = ANY (%(articles)s::uuid[]) AND is_open ORDER BY article_id, rule FOR NO KEY UPDATE;
