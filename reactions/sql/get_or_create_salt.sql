-- The salt of a day; the first process that needs it makes it. Two at once get the same one.
-- Uses: the key of reactions_salt. Locks: that row, until the transaction ends, where it is new.
WITH made AS (
  INSERT INTO reactions_salt (day, salt) VALUES (%(day)s::date, %(salt)s::bytea)
      ON CONFLICT (day) DO NOTHING
  RETURNING salt
)
SELECT salt FROM made UNION ALL SELECT salt FROM reactions_salt WHERE day = %(day)s::date LIMIT 1;
