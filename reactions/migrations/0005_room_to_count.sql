-- Each row is written twice within a second: by its reader, and by fold. Half of a page is left for the second time: then
-- no index has to hear of it. After a crowd the ledger is smaller than with less room, for nothing lies in it twice.
DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('ALTER TABLE reactions_reaction_%s SET (fillfactor = 50)', part);
  END LOOP;
END $$;

COMMENT ON INDEX reactions_bucket_pkey IS 'fold.sql, article_statistics.sql: an article through time';
