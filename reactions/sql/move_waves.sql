-- Gives the waves of a merged article to the article that it was merged into, where an editor decides them. They accept
-- nothing more: that article may have an open wave of the same rule.
-- Reads reactions_wave as a whole; waves are few. Locks: those waves, in key order, as moderation does.
-- Returns a row for each.
WITH theirs AS MATERIALIZED (
  SELECT id FROM reactions_wave WHERE article_id = %(article)s::uuid ORDER BY rule, id FOR NO KEY UPDATE
)
UPDATE reactions_wave w SET article_id = %(into)s::uuid, is_open = false
  FROM theirs WHERE w.id = theirs.id
RETURNING 1;
