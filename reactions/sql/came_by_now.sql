-- What came to articles of all time, of those that were first published since a time and had at least so many reactions.
-- Uses: the keys of articles_article and reactions_bucket. Locks nothing.
-- Returns a row for each: its id, section, first publication, and what came.
SELECT a.id, a.section_id, a.first_published_at, sum(b.added)
  FROM articles_article a JOIN reactions_bucket b ON b.article_id = a.id
 WHERE a.id = ANY (%(articles)s::uuid[]) AND a.first_published_at > %(since)s::timestamptz
 GROUP BY a.id
HAVING sum(b.added) >= %(least)s::bigint;
