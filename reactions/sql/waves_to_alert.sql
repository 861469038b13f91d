-- The waves that are held, have %(least)s reactions or more, and have no alert yet. Waves of articles that are gone are left out.
-- Reads reactions_wave as a whole; waves are few. Uses: reactions_alert_of_wave. Locks nothing.
-- Returns rows (id, article, rule, reactions held, networks).
SELECT w.id, w.article_id, w.rule, w.size, w.network_count
  FROM reactions_wave w JOIN articles_article a ON a.id = w.article_id
 WHERE w.state = 'held' AND w.size >= %(least)s::int AND w.last_at > %(since)s::timestamptz
   AND NOT EXISTS (SELECT FROM reactions_alert r WHERE r.wave_id = w.id)
 ORDER BY w.id;
