-- Every count with the version of its article's counts: first those of readers here, without a source; then the imported
-- counts. Uses: the keys of the three tables. Locks nothing.
-- Returns the article, the version, the source (empty: counted here), the kind, the count, and when it was imported.
SELECT c.article_id, COALESCE(v.version, 1), c.source, c.kind, c.count, c.imported_at
  FROM (SELECT article_id, '' AS source, kind, count, NULL::timestamptz AS imported_at FROM reactions_articlecount
         UNION ALL
        SELECT article_id, source, kind, count, imported_at FROM reactions_importedcount) c
 LEFT JOIN reactions_countversion v ON v.article_id = c.article_id
 ORDER BY c.article_id, c.source, c.kind;
