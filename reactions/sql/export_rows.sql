-- Every reaction that is not taken back, and those taken back that the counts still have, without their readers. The order
-- within an article reveals no reader: it is not that of the readers' hashes, which would be the same in every article,
-- and not that of arrival.
-- Uses: the key of reactions_reaction for the order of articles, and sorts one article at a time. Locks nothing.
-- Returns the article, its guid and slug, the mask, the mask that is counted, whether it is held, and the quarter of an
-- hour of its last change.
SELECT r.article_id, a.guid, a.slug, r.kinds, r.counted, r.held,
       date_bin('15 minutes', r.changed_at, timestamptz '2000-01-01 00:00:00+00') AS changed_at
  FROM reactions_reaction r
  LEFT JOIN articles_article a ON a.id = r.article_id
 WHERE r.kinds <> 0 OR r.counted <> 0
 ORDER BY r.article_id, changed_at, r.kinds, r.counted, r.held;
