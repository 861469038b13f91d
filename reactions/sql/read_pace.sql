-- The pace as it was last built, in the order of ages. Uses: a scan of reactions_pace, some thousand rows. Locks nothing.
-- Returns rows (section or null, age in minutes, when it was built, articles, and the percentiles as floats).
SELECT section_id, age, built_at, articles::float8, quarter, median, three_quarters, high, hour_median, hour_high
  FROM reactions_pace
 ORDER BY section_id, age;
