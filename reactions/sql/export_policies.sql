-- The own policies of articles. Uses: the key of reactions_policy. Locks nothing.
SELECT article_id, state, allowed, closes_at, close_after_days FROM reactions_policy ORDER BY article_id;
