-- The result of the last reconcile; no row where none ran yet. Uses: the key of reactions_reconciliation. Locks nothing.
SELECT extract(epoch FROM ran_at)::float8, seconds, rows_scanned, articles, drifted_articles, drift, bucket_drift,
       missed_rows, repaired, site_bucket_drift, wrong_days
  FROM reactions_reconciliation WHERE id = 1;
