-- Deletes the sums of a day, which sum_day.sql builds again in the same transaction. Returns no row.
WITH gone AS (DELETE FROM reactions_daybucket WHERE day = %(day)s::date),
     gone_views AS (DELETE FROM reactions_dayview WHERE day = %(day)s::date)
SELECT 1 WHERE false;
