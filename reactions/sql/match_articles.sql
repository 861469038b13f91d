-- The articles of these names, in any state: by a former slug, the current slug, the guid or the id.
-- A name that matches two ways means the one that comes last. Uses: the unique indexes of articles_articleurl and
-- articles_article. Locks nothing.
SELECT slug AS name, article_id FROM articles_articleurl WHERE slug = ANY (%(names)s::text[])
 UNION ALL
SELECT slug, id FROM articles_article WHERE slug = ANY (%(names)s::text[])
 UNION ALL
SELECT guid, id FROM articles_article WHERE guid = ANY (%(names)s::text[])
 UNION ALL
SELECT id::text, id FROM articles_article WHERE id = ANY (%(ids)s::uuid[]);
