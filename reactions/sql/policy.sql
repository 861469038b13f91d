-- What one story says of its reactions itself, and what it takes when presets and the site have had their say.
-- Uses: the keys of articles_article, reactions_policy and articles_articletag; reads every preset. Locks nothing.
-- Returns no row where there is no such article; else its state, set, time and days, each null where it says
-- nothing; then the state, the set and the time of closing that are in effect.
SELECT own.state, own.allowed, own.closes_at, own.close_after_days,
       CASE WHEN p.state = 'open' AND (a.state = 'retracted' OR p.closes_at <= statement_timestamp()) THEN 'closed'
            ELSE p.state END,
       p.allowed, p.closes_at
  FROM articles_article a
 CROSS JOIN reactions_policy_of(a.id, a.section_id, a.first_published_at, %(close_after_days)s::int) p
  LEFT JOIN reactions_policy own ON own.article_id = a.id
 WHERE a.id = %(article)s::uuid;
