-- The rows of figures.sql alone, all of them, for an export: no totals, no place, an id as text.
-- Uses and locks what that does. Returns for each row the dimensions with their names, the figures and those of the
-- comparison.
WITH {{opened}}change AS (
{{changes}}
), answer AS (
  {{answer}}
)
SELECT {{named}} {{page_measures}}
  FROM (SELECT {{key_names}} {{measures}} FROM answer WHERE {{kept}}) page {{names}}
 ORDER BY {{page_order}};
