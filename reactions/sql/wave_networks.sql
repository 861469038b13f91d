-- How the reactions to a wave's article are spread over its networks, as far as their rates are still stored: no hash leaves
-- the database. Uses: the keys of reactions_wave and reactions_networkrate. Locks nothing.
-- Returns one row: of the network with most first reactions to the article, how many; of all of them, how many; nulls
-- where nothing is stored any more.
SELECT max(n.in_day), sum(n.in_day)::bigint
  FROM reactions_wave w
  JOIN reactions_networkrate n ON n.article_id = w.article_id AND n.network = ANY (w.networks)
 WHERE w.id = %(wave)s::bigint;
