-- Deletes the rates of an article: each network may bring one more hour's limit. For an article whose rates cannot be
-- read or added to. Uses: the keys of both tables. Reads reactions_networkrate as a whole. Locks: the rows it deletes.
-- Returns one row: how many there were.
WITH networks AS (
  DELETE FROM reactions_networkrate WHERE article_id = %(article)s::uuid RETURNING 1
), article AS (
  DELETE FROM reactions_articlerate WHERE article_id = %(article)s::uuid RETURNING 1
)
SELECT (SELECT count(*) FROM networks) + (SELECT count(*) FROM article);
