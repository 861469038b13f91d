-- The articles behind these slugs. Uses: the unique index of articles_article.slug. Locks nothing.
SELECT slug, id FROM articles_article WHERE slug = ANY (%(slugs)s::text[]);
