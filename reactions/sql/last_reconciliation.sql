-- What the last reconcile found; no row where none ran yet. Uses: the key of reactions_reconciliation. Locks nothing.
SELECT extract(epoch FROM ran_at)::float8, seconds, rows_scanned, articles, drifted_articles, drift, drift_of_buckets,
       forgotten, healed
  FROM reactions_reconciliation WHERE id = 1;
