-- The bits of the kinds that were ever counted or imported, with the key that each had then; null where that is not
-- known. Reads the counts once. Uses: the key of reactions_knownkind. Locks nothing.
SELECT kind, key
  FROM (SELECT kind FROM reactions_articlecount UNION SELECT kind FROM reactions_importedcount) counted
  LEFT JOIN reactions_knownkind known ON known.bit = kind
 ORDER BY kind;
