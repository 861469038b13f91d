-- The figures of the alert rules: of the public articles with at least %(least)s reactions in the hour, what came in it and
-- before, by kind, and which rules raised an alert since %(silent_since)s. Held and void reactions are in no bucket.
-- Uses: the index of reactions_bucket by start, its key for what came before, reactions_alerts_of_article. Locks nothing.
-- Returns a row for each article: its id, section, first publication, the reactions of the hour and those before, as
-- [kind, number], the hour of the whole site, the rules that are silent, of mood turns with the kind.
WITH came AS MATERIALIZED (
  SELECT article_id, kind, sum(added) AS added
    FROM reactions_bucket
   WHERE start >= %(hour_since)s::timestamptz AND start <= %(now)s::timestamptz
   GROUP BY article_id, kind
  HAVING sum(added) > 0
), hour AS MATERIALIZED (
  SELECT article_id, array_agg(ARRAY[kind::bigint, added::bigint]) AS added
    FROM came
   GROUP BY article_id
  HAVING sum(added) >= %(least)s::int
)
SELECT a.id, a.section_id, a.first_published_at, hour.added,
       (SELECT array_agg(ARRAY[kind::bigint, added::bigint])
          FROM (SELECT kind, sum(added) AS added FROM reactions_bucket b
                 WHERE b.article_id = a.id AND b.start < %(hour_since)s::timestamptz
                 GROUP BY kind) older),
       (SELECT sum(added) FROM came)::bigint,
       ARRAY(SELECT concat_ws(':', s.rule, s.kind) FROM reactions_alert s
              WHERE s.article_id = a.id AND s.raised_at > %(silent_since)s::timestamptz)
  FROM hour JOIN articles_article a ON a.id = hour.article_id
 WHERE a.state IN ({{public_states}})
 ORDER BY a.id;
