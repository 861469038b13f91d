-- The reactions of one wave, by the minute of their last change and by their set of kinds.
-- Uses: reactions_of_wave. Locks nothing. Returns rows (minute, mask of kinds, reactions).
SELECT date_trunc('minute', changed_at), kinds, count(*)
  FROM reactions_reaction
 WHERE wave_id = %(wave)s::bigint AND NOT erased
 GROUP BY 1, 2
 ORDER BY 1, 2;
