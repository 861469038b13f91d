-- The articles of these names, in any state: by a former slug, the current slug, the guid, the id, or what the spellings
-- of an address of a site share. A merged article leads to the other one.
-- A name that matches two ways means the one that comes last. Uses: the unique indexes of articles_articleurl,
-- articles_article and articles_articleaddress. Locks nothing.
SELECT slug AS name, article_id FROM articles_articleurl WHERE slug = ANY (%(names)s::text[])
 UNION ALL
SELECT slug, COALESCE(merged_into_id, id) FROM articles_article WHERE slug = ANY (%(names)s::text[])
 UNION ALL
SELECT guid, COALESCE(merged_into_id, id) FROM articles_article WHERE guid = ANY (%(names)s::text[])
 UNION ALL
SELECT key, article_id FROM articles_articleaddress WHERE key = ANY (%(names)s::text[])
 UNION ALL
SELECT id::text, COALESCE(merged_into_id, id) FROM articles_article WHERE id = ANY (%(ids)s::uuid[]);
