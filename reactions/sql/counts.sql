-- What the public may know of the reactions to each of these articles, as one snapshot saw it.
-- Uses: the keys of articles_article, reactions_policy, reactions_tally, reactions_total, reactions_baseline.
-- Locks nothing.
-- Returns a row an article that exists: id; state (open, closed, hidden, or missing where it is not published);
-- the set it takes, null for every kind; version; when its counts last changed; its totals as
-- [kind, count], and beside them what was imported of a kind: whoever reads them adds up.
SELECT a.id,
       CASE WHEN a.state NOT IN ('published', 'corrected', 'retracted') THEN 'missing'
            WHEN a.state = 'retracted' AND COALESCE(p.state, 'open') = 'open' THEN 'closed'
            ELSE COALESCE(p.state, 'open') END AS state,
       p.allowed,
       COALESCE(t.version, 0) AS version,
       COALESCE(t.counted_at, a.first_published_at) AS counted_at,
       ARRAY(SELECT ARRAY[kind::bigint, count] FROM reactions_total WHERE article_id = a.id
              UNION ALL
             SELECT ARRAY[kind::bigint, count] FROM reactions_baseline WHERE article_id = a.id) AS totals
  FROM articles_article a
  LEFT JOIN reactions_policy p ON p.article_id = a.id
  LEFT JOIN reactions_tally t ON t.article_id = a.id
 WHERE a.id = ANY (%(articles)s::uuid[]);
