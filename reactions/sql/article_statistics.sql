-- One article's totals and its changes through time, regrouped from quarters of an hour into hours or days of a
-- time zone. One snapshot: the changes add up to the totals. Locks nothing.
-- What was imported has no time and stays apart.
-- Uses: the keys of articles_article, reactions_total, reactions_bucket and reactions_baseline.
-- Returns no row where there is no such article; else totals as [kind, count], the moment of asking, and the
-- changes as [start in seconds since 1970, kind, added, removed], oldest first; what was imported as [kind, count], a pair an
-- import; and when that last changed.
SELECT ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_total WHERE article_id = a.id),
       clock_timestamp(),
       ARRAY(SELECT ARRAY[extract(epoch FROM period)::bigint, kind, sum(added)::bigint, sum(removed)::bigint]
               FROM (SELECT CASE WHEN %(interval)s::text = '15m' THEN start
                                 ELSE date_trunc(%(interval)s::text, start, %(tz)s::text) END AS period,
                            kind, added, removed
                       FROM reactions_bucket
                      WHERE article_id = a.id) change
              GROUP BY period, kind
              ORDER BY period, kind),
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_baseline WHERE article_id = a.id),
       (SELECT max(imported_at) FROM reactions_baseline WHERE article_id = a.id)
  FROM articles_article a
 WHERE a.id = %(article)s::uuid;
