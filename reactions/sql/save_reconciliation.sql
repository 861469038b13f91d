-- Stores the result of a reconcile in the place of the one before. Uses: the key of reactions_reconciliation.
-- Locks: its one row.
INSERT INTO reactions_reconciliation AS r
       (id, ran_at, seconds, rows_scanned, articles, drifted_articles, drift, bucket_drift, missed_rows, repaired,
        site_bucket_drift, wrong_days)
VALUES (1, clock_timestamp(), %(seconds)s, %(rows)s, %(articles)s, %(drifted_articles)s, %(drift)s,
        %(bucket_drift)s, %(missed_rows)s, %(repaired)s, %(site_bucket_drift)s,
        %(wrong_days)s)
    ON CONFLICT (id) DO UPDATE
   SET ran_at = EXCLUDED.ran_at, seconds = EXCLUDED.seconds, rows_scanned = EXCLUDED.rows_scanned,
       articles = EXCLUDED.articles, drifted_articles = EXCLUDED.drifted_articles, drift = EXCLUDED.drift,
       bucket_drift = EXCLUDED.bucket_drift, missed_rows = EXCLUDED.missed_rows, repaired = EXCLUDED.repaired,
       site_bucket_drift = EXCLUDED.site_bucket_drift, wrong_days = EXCLUDED.wrong_days
RETURNING 1;
