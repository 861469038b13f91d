-- Merges of which something is left to be moved: rows, imported counts or waves of the merged article. The oldest first.
-- Uses: reactions_merges_to_settle, which is nearly always empty; for each merge in it the keys of reactions_reaction and
-- reactions_importedcount and reactions_viewbucket, and reactions_wave as a whole. Locks nothing. Returns a row for each:
-- the merged article, and whether it has rows, waves, imported counts and views.
SELECT *
  FROM (SELECT m.article_id,
               EXISTS (SELECT FROM reactions_reaction r WHERE r.article_id = m.article_id AND NOT r.erased) AS has_rows,
               EXISTS (SELECT FROM reactions_wave w WHERE w.article_id = m.article_id) AS has_waves,
               EXISTS (SELECT FROM reactions_importedcount i WHERE i.article_id = m.article_id) AS has_imported_counts,
               EXISTS (SELECT FROM reactions_viewbucket v WHERE v.article_id = m.article_id AND v.views + v.moved > 0) AS has_views
          FROM reactions_articlemerge m
         WHERE NOT m.settled
         ORDER BY m.merged_at, m.article_id) merges
 WHERE has_rows OR has_waves OR has_imported_counts OR has_views
 LIMIT %(most)s::int;
