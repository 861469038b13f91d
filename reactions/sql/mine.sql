-- What one reader chose on each of these articles; null as the reader: nothing.
-- Uses: the keys of articles_article, reactions_policy, articles_articletag and reactions_reaction; reads every default
-- policy. Locks nothing. Returns a row for each article whose reactions are shown: id, the mask, and what of this reader
-- is in the counts; 0 without a row.
SELECT a.id, COALESCE(r.kinds, 0), COALESCE(r.counted, 0)
  FROM articles_article a
 CROSS JOIN reactions_effective_policy(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
  LEFT JOIN reactions_reaction r ON r.article_id = a.id AND r.reader_id = %(reader)s::uuid
 WHERE a.id = ANY (%(articles)s::uuid[]) AND a.state IN ({{public_states}}) AND p.state <> 'hidden';
