-- All that is stored about one reader; what moderation holds, only once an editor has decided it.
-- Uses: the index reactions_by_reader, the key of reactions_wave. Locks nothing.
SELECT r.article_id, a.slug, r.kinds, r.previous, r.changed_at, r.held AND COALESCE(w.state, 'held') <> 'held'
  FROM reactions_reaction r
  LEFT JOIN articles_article a ON a.id = r.article_id
  LEFT JOIN reactions_wave w ON w.id = r.wave_id
 WHERE r.reader_id = %(reader)s::uuid
 ORDER BY r.changed_at;
