-- One article's counts and its changes through time, regrouped from 15-minute buckets into hours or days of a time zone.
-- One snapshot: the changes add up to the counts, unless a start or end leaves some out. Imported counts have no time and are returned apart. Locks nothing.
-- Uses: the keys of articles_article, reactions_articlecount, reactions_bucket and reactions_importedcount.
-- Returns no row where there is no such article; else the counts as [kind, count]; the time of the snapshot; the changes
-- as [start in seconds since 1970, kind, added, removed], oldest first; the imported counts as [kind, count], a pair for
-- each import; and when those last changed.
SELECT ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_articlecount WHERE article_id = a.id),
       clock_timestamp(),
       -- Where clocks go back at midnight, date_trunc returns the second midnight; the day began an hour before.
       ARRAY(SELECT ARRAY[extract(epoch FROM CASE WHEN %(interval)s::text = 'day'
                            AND (period AT TIME ZONE %(tz)s::text)::date
                              = ((period - interval '1 hour') AT TIME ZONE %(tz)s::text)::date
                           THEN period - interval '1 hour' ELSE period END)::bigint,
                          kind, sum(added)::bigint, sum(removed)::bigint]
               FROM (SELECT CASE WHEN %(interval)s::text = '15m' THEN start
                                 ELSE date_trunc(%(interval)s::text, start, %(tz)s::text) END AS period,
                            kind, added, removed
                       FROM reactions_bucket
                      WHERE article_id = a.id
                        AND start >= COALESCE(%(start)s::timestamptz, '-infinity')
                        AND start < COALESCE(%(end)s::timestamptz, 'infinity')) change
              GROUP BY period, kind
              ORDER BY period, kind),
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_importedcount WHERE article_id = a.id),
       (SELECT max(imported_at) FROM reactions_importedcount WHERE article_id = a.id)
  FROM articles_article a
 WHERE a.id = %(article)s::uuid;
