-- What one reader chose on each of these articles. Uses: the key of reactions_reaction. Locks nothing.
SELECT article_id, kinds
  FROM reactions_reaction
 WHERE article_id = ANY (%(articles)s::uuid[]) AND reader_id = %(reader)s::uuid;
