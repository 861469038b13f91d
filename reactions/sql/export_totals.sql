-- Every article with counts: its counts and its imported counts, both as [kind, count].
-- Uses: the keys of all three tables. Locks nothing.
SELECT a.id, a.guid, a.slug,
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_articlecount WHERE article_id = a.id),
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_importedcount WHERE article_id = a.id)
  FROM articles_article a
 WHERE EXISTS (SELECT FROM reactions_articlecount WHERE article_id = a.id)
    OR EXISTS (SELECT FROM reactions_importedcount WHERE article_id = a.id)
 ORDER BY a.id;
