-- Whether a merge may have reactions to be moved. Uses: reactions_merges_to_settle. Locks nothing. Returns one row.
SELECT EXISTS (SELECT FROM reactions_articlemerge WHERE NOT settled);
