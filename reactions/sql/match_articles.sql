-- The articles behind these names, whatever their state: a slug they had, one they have, their guid or their id.
-- A name that fits two ways is the one that comes last. Uses: the unique indexes of articles_articleurl and
-- articles_article. Locks nothing.
SELECT slug AS name, article_id FROM articles_articleurl WHERE slug = ANY (%(names)s::text[])
 UNION ALL
SELECT slug, id FROM articles_article WHERE slug = ANY (%(names)s::text[])
 UNION ALL
SELECT guid, id FROM articles_article WHERE guid = ANY (%(names)s::text[])
 UNION ALL
SELECT id::text, id FROM articles_article WHERE id = ANY (%(ids)s::uuid[]);
