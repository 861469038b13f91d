-- Whether an aggregation would find anything to do: outbox entries, decided waves, set-aside articles that are due, or
-- counts that Redis does not have. `after` is an id below which no outbox entry lives (watermark.py).
-- Uses: the key of reactions_outboxentry; reactions_waves_to_do; reactions_stale_counts; reactions_setaside as a whole,
-- which is nearly always empty. Locks nothing. Returns one row. In the order of an index, because PostgreSQL expects
-- that many rows match where none does, and would read a table to find the first.
SELECT (SELECT id FROM reactions_outboxentry WHERE id > %(after)s::bigint ORDER BY id LIMIT 1) IS NOT NULL
    OR (SELECT id FROM reactions_wave WHERE NOT is_applied ORDER BY id LIMIT 1) IS NOT NULL
    OR (SELECT article_id FROM reactions_countversion
         WHERE version > cached_version ORDER BY counted_at DESC LIMIT 1) IS NOT NULL
    OR EXISTS (SELECT FROM reactions_setaside WHERE retry_at <= clock_timestamp());
