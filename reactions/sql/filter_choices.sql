-- What the filters of the desk offer: sections, authors, tags, sources and languages, each with what the address names
-- it by; `most` of each, by name. Uses: scans of these tables, of which the articles' is the longest: it is asked once a
-- minute. Locks nothing. Returns rows (filter, value, name).
(SELECT 'section', slug, name FROM articles_section ORDER BY name LIMIT %(most)s)
 UNION ALL
(SELECT 'author', slug, name FROM articles_author ORDER BY name LIMIT %(most)s)
 UNION ALL
(SELECT 'tag', slug, name FROM articles_tag ORDER BY name LIMIT %(most)s)
 UNION ALL
(SELECT 'source', name, name FROM articles_source ORDER BY name LIMIT %(most)s)
 UNION ALL
(SELECT 'language', language, language FROM articles_article GROUP BY language ORDER BY language LIMIT %(most)s);
