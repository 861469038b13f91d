-- Adds an article to the outbox of changed articles, in the transaction that changes it.
-- Uses: the key of reactions_articlechange. Locks nothing that anyone waits for.
INSERT INTO reactions_articlechange (article_id) VALUES (%(article)s::uuid) RETURNING id;
