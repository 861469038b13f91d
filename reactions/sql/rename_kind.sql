-- Gives a bit that was remembered with the key `old` the key `new`. Uses: the key of reactions_knownkind. Locks: that row.
-- Returns a row; none where the bit has another key.
UPDATE reactions_knownkind SET key = %(new)s::text WHERE bit = %(bit)s::smallint AND key = %(old)s::text RETURNING bit;
