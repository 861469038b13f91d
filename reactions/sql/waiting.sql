-- What waits for editors: articles in review, articles to be published before a moment, and waves that are held, with
-- their reactions. Uses: the indexes articles_in_review, articles_by_due and reactions_waves_held. Locks nothing.
-- Returns one row of four numbers.
SELECT (SELECT count(*) FROM articles_article WHERE state = 'in_review'),
       (SELECT count(*) FROM articles_article
         WHERE state = 'scheduled' AND COALESCE(publish_at, embargoed_until) < %(until)s::timestamptz),
       (SELECT count(*) FROM reactions_wave WHERE state = 'held'),
       (SELECT COALESCE(sum(size), 0) FROM reactions_wave WHERE state = 'held');
