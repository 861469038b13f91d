-- The tables that the files of an import are copied to, for this transaction; and no reaction is recorded or counted until
-- it ends. Locks: the ledger, the counts and the buckets, against writers.
LOCK TABLE reactions_reaction, reactions_countversion, reactions_articlecount, reactions_bucket IN SHARE ROW EXCLUSIVE MODE;
CREATE TEMPORARY TABLE staged_row (
  article_id uuid NOT NULL, kinds integer NOT NULL, counted integer NOT NULL, held boolean NOT NULL,
  changed_at timestamptz NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_bucket (
  article_id uuid NOT NULL, start timestamptz NOT NULL, kind smallint NOT NULL, added integer NOT NULL,
  removed integer NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_section_bucket (
  start timestamptz NOT NULL, section text, kind smallint NOT NULL, added bigint NOT NULL,
  removed bigint NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_count (
  article_id uuid NOT NULL, version bigint NOT NULL, source text NOT NULL, kind smallint NOT NULL, count bigint NOT NULL,
  imported_at timestamptz) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_view (
  article_id uuid NOT NULL, start timestamptz NOT NULL, views integer NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_policy (
  article_id uuid NOT NULL, state text, allowed integer, closes_at timestamptz, close_after_days integer) ON COMMIT DROP;
