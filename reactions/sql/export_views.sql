-- The views of every article, those that merges moved included. Uses: the key of reactions_viewbucket. Locks nothing.
SELECT article_id, start, (views + moved) FROM reactions_viewbucket ORDER BY article_id, start;
