-- Articles in the outbox of changed articles. Uses: its key; there are rarely any. Locks nothing.
SELECT DISTINCT article_id
  FROM (SELECT article_id FROM reactions_articlechange ORDER BY id LIMIT %(most)s::int) oldest;
