-- How many articles have a count version or counts. Uses: the keys of both tables. Locks nothing.
SELECT count(*) FROM (SELECT article_id FROM reactions_countversion UNION SELECT article_id FROM reactions_articlecount) known;
