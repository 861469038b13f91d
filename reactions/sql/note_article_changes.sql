-- Adds articles to the outbox of changed articles, in the transaction that changes them.
-- Uses: the key of reactions_articlechange. Locks nothing that anyone waits for.
INSERT INTO reactions_articlechange (article_id) SELECT unnest(%(articles)s::uuid[]) RETURNING id;
