-- The days from `first` until before `last` whose sums are right, in order. Uses: the keys of two small tables.
-- Locks nothing.
SELECT day FROM reactions_summedday d
 WHERE day >= %(first)s::date AND day < %(last)s::date
   AND NOT EXISTS (SELECT FROM reactions_staleday s WHERE s.day = d.day)
 ORDER BY day;
