-- What happened to a story beside its reactions: its notices to readers, waves, alerts and the notes of editors, in order.
-- Uses: articles_corrections_of_story, reactions_open_wave or a scan of the waves, reactions_alerts_of_article,
-- reactions_annotations. Locks nothing.
-- Returns at most `most` rows of each (when, what it is, its id, its kind, rule or state, its text, who wrote it, its size).
SELECT * FROM (
  (SELECT published_at AS at, 'correction' AS what, id, kind AS name, text, editor, 0 AS size
     FROM articles_correction WHERE article_id = %(article)s::uuid ORDER BY published_at DESC LIMIT %(most)s)
   UNION ALL
  (SELECT started_at, 'wave', id, rule, state, '', size
     FROM reactions_wave WHERE article_id = %(article)s::uuid ORDER BY started_at DESC LIMIT %(most)s)
   UNION ALL
  (SELECT raised_at, 'alert', id, rule, '', '', 0
     FROM reactions_alert WHERE article_id = %(article)s::uuid ORDER BY raised_at DESC LIMIT %(most)s)
   UNION ALL
  (SELECT at, 'note', id, '', text, editor, 0
     FROM reactions_annotation WHERE article_id = %(article)s::uuid ORDER BY at DESC LIMIT %(most)s)
) event
 ORDER BY at, what, id;
