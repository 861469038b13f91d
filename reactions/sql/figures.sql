-- Figures of any windows, dimensions and filters, in one pass over the buckets of each window; reactions.sql.figures composes
-- it. `change` has a row for each article (where one is needed), kind and interval (where they are dimensions) and each
-- table that was read; `answer` the sums by dimension; `measured` the figures. Totals are of the changes, so that an article with two tags
-- is in them once.
-- Uses: reactions_bucket by start or by article, or reactions_sitebucket_by_start; the keys of articles and of what names them.
-- Locks nothing. Returns at least one row: the place (null: there is no row), the number of all rows, the dimensions with
-- their names, the figures and those of the comparison, then the totals of both.
WITH {{opened}}change AS (
{{changes}}
), answer AS (
  {{answer}}
), total AS (
  SELECT {{totals}} FROM change
), measured AS (
  SELECT {{key_names}} {{measures}} FROM answer WHERE {{kept}}
), page AS (
  SELECT *, count(*) OVER () AS every_row, row_number() OVER (ORDER BY {{order}}) AS place
    FROM measured ORDER BY place LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
)
SELECT page.place, page.every_row, {{named}} {{page_measures}}, {{total_measures}}
  FROM total LEFT JOIN page ON true {{names}}
 ORDER BY page.place;
