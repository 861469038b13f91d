-- Ends that an article is set aside. Uses: the key of reactions_setaside. Locks: its row.
-- Returns a row where it was: how many failures there were.
DELETE FROM reactions_setaside WHERE article_id = %(article)s::uuid RETURNING failures;
