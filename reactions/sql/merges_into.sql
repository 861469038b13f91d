-- The articles that were merged into each of these, the last fifty of each: their pages may be open. Uses:
-- reactions_merges_into. Locks nothing.
SELECT asked.id, merge.article_id
  FROM unnest(%(articles)s::uuid[]) AS asked (id)
 CROSS JOIN LATERAL (
         SELECT article_id FROM reactions_articlemerge WHERE into_id = asked.id ORDER BY merged_at DESC LIMIT 50) merge;
