-- The public counts of each of these articles, from one snapshot.
-- Uses: the keys of articles_article, reactions_policy, reactions_countversion, reactions_articlecount,
-- reactions_importedcount and the tags of each article; reads every default policy. Locks nothing.
-- Returns a row for each article that exists: id; state (open, closed, hidden, or missing where it is not public); the
-- mask of kinds that it accepts; when it closes, null for never; count version; when its counts last changed; its counts
-- and its imported counts as [kind, count], to be added up by the caller.
SELECT a.id,
       CASE WHEN a.state NOT IN ({{public_states}}) THEN 'missing'
            WHEN p.state = 'open' AND (a.state = 'retracted' OR p.closes_at <= statement_timestamp()) THEN 'closed'
            ELSE p.state END AS state,
       p.allowed,
       p.closes_at,
       COALESCE(v.version, 0) AS version,
       COALESCE(v.counted_at, a.first_published_at) AS counted_at,
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_articlecount WHERE article_id = a.id
              UNION ALL
             SELECT ARRAY[kind::bigint, count] FROM reactions_importedcount WHERE article_id = a.id) AS counts
  FROM articles_article a
 CROSS JOIN reactions_effective_policy(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
  LEFT JOIN reactions_countversion v ON v.article_id = a.id
 WHERE a.id = ANY (%(articles)s::uuid[]);
