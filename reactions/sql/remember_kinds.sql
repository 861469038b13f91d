-- Remembers the key of each bit. Once reactions of the bit are counted or imported, the remembered key stays: a bit
-- that another key has now is a fault, which counted_kinds.sql shows. Uses: the key of reactions_knownkind; reads the counts
-- where a key has changed. Locks: the rows of changed keys, in key order. Returns a row for each bit remembered.
INSERT INTO reactions_knownkind AS known (bit, key)
SELECT bit, key FROM unnest(%(bits)s::smallint[], %(keys)s::text[]) AS site (bit, key) ORDER BY bit
    ON CONFLICT (bit) DO UPDATE SET key = EXCLUDED.key
 WHERE known.key <> EXCLUDED.key
   AND NOT EXISTS (SELECT FROM reactions_articlecount WHERE kind = EXCLUDED.bit)
   AND NOT EXISTS (SELECT FROM reactions_importedcount WHERE kind = EXCLUDED.bit)
RETURNING bit;
