-- An article's own policy, and its effective one. Uses: the keys of articles_article, reactions_policy and
-- articles_articletag; reads every default policy. Locks nothing.
-- Returns no row where there is no such article; else the own state, mask, time and days, each null where not set;
-- then the effective state, mask and time of closing.
SELECT own.state, own.allowed, own.closes_at, own.close_after_days,
       CASE WHEN p.state = 'open' AND (a.state = 'retracted' OR p.closes_at <= statement_timestamp()) THEN 'closed'
            ELSE p.state END,
       p.allowed, p.closes_at
  FROM articles_article a
 CROSS JOIN reactions_effective_policy(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
  LEFT JOIN reactions_policy own ON own.article_id = a.id
 WHERE a.id = %(article)s::uuid;
