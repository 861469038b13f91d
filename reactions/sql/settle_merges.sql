-- Settles merges that are older than any action of a reader that was under way when they were made, and of which nothing
-- is left to be moved: list_merges.sql finds no more of them. Uses: reactions_merges_to_settle, and what that uses.
-- Locks: the merges, skipping those that another worker holds. Returns a row for each.
UPDATE reactions_articlemerge m SET settled = true
 WHERE m.article_id IN (SELECT article_id FROM reactions_articlemerge
                         WHERE NOT settled AND merged_at < clock_timestamp() - interval '2 minutes'
                           FOR NO KEY UPDATE SKIP LOCKED)
   AND NOT EXISTS (SELECT FROM reactions_reaction r WHERE r.article_id = m.article_id AND NOT r.erased)
   AND NOT EXISTS (SELECT FROM reactions_importedcount i WHERE i.article_id = m.article_id)
   AND NOT EXISTS (SELECT FROM reactions_viewbucket v WHERE v.article_id = m.article_id AND v.views + v.moved > 0)
   AND NOT EXISTS (SELECT FROM reactions_wave w WHERE w.article_id = m.article_id)
RETURNING 1;
