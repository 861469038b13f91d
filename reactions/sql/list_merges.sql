-- Merges of which something is left to be moved: rows, imported counts or waves of the merged article. The oldest first.
-- Uses: reactions_merges_to_settle, which is nearly always empty; for each merge in it the keys of reactions_reaction and
-- reactions_importedcount, and reactions_wave as a whole. Locks nothing. Returns a row for each: the merged article.
SELECT m.article_id
  FROM reactions_articlemerge m
 WHERE NOT m.settled
   AND (EXISTS (SELECT FROM reactions_reaction r WHERE r.article_id = m.article_id AND NOT r.erased)
        OR EXISTS (SELECT FROM reactions_importedcount i WHERE i.article_id = m.article_id)
        OR EXISTS (SELECT FROM reactions_wave w WHERE w.article_id = m.article_id))
 ORDER BY m.merged_at, m.article_id LIMIT %(most)s::int;
