-- The ledger: hash-partitioned by article, some of each page left free so that fold updates rows in place.
CREATE TABLE reactions_reaction (
  article_id uuid NOT NULL,
  reader_id uuid NOT NULL,
  kinds integer NOT NULL,
  previous integer NOT NULL DEFAULT 0,
  held boolean NOT NULL DEFAULT false,
  counted integer NOT NULL DEFAULT 0,
  was_counted integer NOT NULL DEFAULT 0,
  erased boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT statement_timestamp(),
  PRIMARY KEY (article_id, reader_id)
) PARTITION BY HASH (article_id);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format(
      'CREATE TABLE reactions_reaction_%1$s PARTITION OF reactions_reaction '
      'FOR VALUES WITH (MODULUS 16, REMAINDER %1$s) WITH (fillfactor = 85)', part);
  END LOOP;
END $$;

CREATE INDEX reactions_by_reader ON reactions_reaction (reader_id);
CREATE INDEX reactions_erased ON reactions_reaction (article_id) WHERE erased;
COMMENT ON INDEX reactions_by_reader IS 'erase.sql, export.sql: all rows of one reader';
COMMENT ON INDEX reactions_erased IS 'remove_erased.sql: the rows of readers who left';

-- The outbox fills and empties all day; it is kept small by vacuuming it often.
ALTER TABLE reactions_mark SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000
);
COMMENT ON INDEX reactions_mark_pkey IS 'fold.sql: the oldest marks first';
COMMENT ON INDEX reactions_tally_pkey IS 'fold.sql, counts.sql, record.sql: the version of an article';
COMMENT ON INDEX reactions_unpublished IS 'list_unpublished.sql: what Redis has yet to be told';
COMMENT ON INDEX reactions_total_pkey IS 'fold.sql, counts.sql, record.sql: the counts of an article';
COMMENT ON INDEX reactions_bucket_pkey IS 'fold.sql, series.sql: an article through time';
COMMENT ON INDEX reactions_policy_pkey IS 'record.sql, counts.sql: what an article takes';

-- A count below zero is a bug, and stops there. A CHECK would look at the difference that fold proposes
-- to an upsert, which may well be negative; a constraint trigger looks at what became of the row.
CREATE FUNCTION reactions_refuse_negative_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the total of kind % of article % would be %', NEW.kind, NEW.article_id, NEW.count
    USING ERRCODE = 'check_violation', CONSTRAINT = 'reactions_total_not_negative';
END $$;

CREATE CONSTRAINT TRIGGER reactions_total_not_negative
  AFTER INSERT OR UPDATE ON reactions_total
  FOR EACH ROW WHEN (NEW.count < 0) EXECUTE FUNCTION reactions_refuse_negative_total();
