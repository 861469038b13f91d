-- The articles whose counts changed after a position and until another one. Uses: reactions_change_position. Locks nothing.
-- Returns rows (article, position, when).
SELECT article_id, position, at FROM reactions_change
 WHERE position > %(after)s::bigint AND position <= %(until)s::bigint AND part = 1
 ORDER BY position LIMIT %(most)s::int;
