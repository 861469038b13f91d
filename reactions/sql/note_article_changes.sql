-- Adds articles to the outbox of changed articles and to that of the change feed, in the transaction that changes them.
-- Uses: the keys of both outboxes. Locks nothing that anyone waits for.
WITH noted AS (
  INSERT INTO reactions_changenote (article_id, part) SELECT unnest(%(articles)s::uuid[]), 0
)
INSERT INTO reactions_articlechange (article_id) SELECT unnest(%(articles)s::uuid[]) RETURNING id;
