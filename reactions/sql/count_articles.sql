-- How many articles have counts or reactions. Uses: the keys of reactions_total and reactions_tally. Locks nothing.
SELECT count(*) FROM (SELECT article_id FROM reactions_tally UNION SELECT article_id FROM reactions_total) known;
