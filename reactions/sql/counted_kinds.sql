-- The bits of the kinds that were ever counted. Reads the counts once. Locks nothing.
SELECT DISTINCT kind FROM reactions_articlecount;
