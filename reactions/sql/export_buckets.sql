-- Every bucket, by article and time. Uses: the key of reactions_bucket. Locks nothing.
SELECT article_id, start, kind, added, removed FROM reactions_bucket ORDER BY article_id, start, kind;
