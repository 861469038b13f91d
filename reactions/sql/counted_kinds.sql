-- The bits of the kinds that were ever counted. Reads the totals once. Locks nothing.
SELECT DISTINCT kind FROM reactions_total;
