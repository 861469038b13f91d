-- The articles of these slugs, current and former ones. Uses: the unique indexes on slug of articles_article and
-- articles_articleurl. Locks nothing.
SELECT slug, article_id FROM articles_articleurl WHERE slug = ANY (%(slugs)s::text[])
 UNION ALL
SELECT slug, id FROM articles_article WHERE slug = ANY (%(slugs)s::text[]);
