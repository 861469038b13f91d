-- Keeps what the last reconcile found, instead of what the one before it did. Uses: the key of
-- reactions_reconciliation. Locks: its one row.
INSERT INTO reactions_reconciliation AS r
       (id, ran_at, seconds, rows_scanned, articles, drifted_articles, drift, drift_of_buckets, forgotten, healed)
VALUES (1, clock_timestamp(), %(seconds)s, %(rows)s, %(articles)s, %(drifted_articles)s, %(drift)s,
        %(drift_of_buckets)s, %(forgotten)s, %(healed)s)
    ON CONFLICT (id) DO UPDATE
   SET ran_at = EXCLUDED.ran_at, seconds = EXCLUDED.seconds, rows_scanned = EXCLUDED.rows_scanned,
       articles = EXCLUDED.articles, drifted_articles = EXCLUDED.drifted_articles, drift = EXCLUDED.drift,
       drift_of_buckets = EXCLUDED.drift_of_buckets, forgotten = EXCLUDED.forgotten, healed = EXCLUDED.healed
RETURNING 1;
