-- The days, in UTC, that are to be added up: those before `before` that never were, and those that changed since; at most
-- `most`. Uses: the keys of the small tables reactions_summedday and reactions_staleday, the index
-- reactions_sitebucket_by_start for the first bucket of all. Locks nothing. Returns rows (day, the ids of its entries in reactions_staleday).
SELECT day::date, ARRAY(SELECT id FROM reactions_staleday s WHERE s.day = days.day)
  FROM (SELECT each AS day FROM generate_series((SELECT (min(start) AT TIME ZONE 'UTC')::date FROM reactions_sitebucket)::timestamp,
                                        %(before)s::date - interval '1 day', interval '1 day') AS each
         WHERE NOT EXISTS (SELECT FROM reactions_summedday d WHERE d.day = each::date)
         UNION
        SELECT day::timestamp FROM reactions_staleday WHERE day < %(before)s::date) days
 ORDER BY day
 LIMIT %(most)s;
