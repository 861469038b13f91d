-- All that is stored about one reader. Uses: the index reactions_by_reader. Locks nothing.
SELECT r.article_id, a.slug, r.kinds, r.previous, r.changed_at
  FROM reactions_reaction r LEFT JOIN articles_article a ON a.id = r.article_id
 WHERE r.reader_id = %(reader)s::uuid
 ORDER BY r.changed_at;
