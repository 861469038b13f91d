-- Ends that these articles are set aside. Uses: the key of reactions_setaside. Locks: their rows.
-- Returns a row for each that was: the article, and how many failures there were.
DELETE FROM reactions_setaside WHERE article_id = ANY (%(articles)s::uuid[]) RETURNING article_id, failures;
