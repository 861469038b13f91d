-- What the public may know of the reactions to each of these articles, as one snapshot saw it.
-- Uses: the keys of articles_article, reactions_policy, reactions_tally, reactions_total, reactions_baseline and the tags
-- of each story; reads every preset. Locks nothing.
-- Returns a row an article that exists: id; state (open, closed, hidden, or missing where it is not published);
-- the set it takes; when it closes, null for never; version; when its counts last changed; its totals as [kind, count],
-- and beside them what was imported of a kind: whoever reads them adds up.
SELECT a.id,
       CASE WHEN a.state NOT IN ('published', 'corrected', 'retracted') THEN 'missing'
            WHEN p.state = 'open' AND (a.state = 'retracted' OR p.closes_at <= statement_timestamp()) THEN 'closed'
            ELSE p.state END AS state,
       p.allowed,
       p.closes_at,
       COALESCE(t.version, 0) AS version,
       COALESCE(t.counted_at, a.first_published_at) AS counted_at,
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_total WHERE article_id = a.id
              UNION ALL
             SELECT ARRAY[kind::bigint, count] FROM reactions_baseline WHERE article_id = a.id) AS totals
  FROM articles_article a
 CROSS JOIN reactions_policy_of(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
  LEFT JOIN reactions_tally t ON t.article_id = a.id
 WHERE a.id = ANY (%(articles)s::uuid[]);
