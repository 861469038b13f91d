-- What Django's renames leave: keys, sequences, the trigger, the functions, and the comments on indexes.
ALTER INDEX reactions_mark_pkey RENAME TO reactions_outboxentry_pkey;
ALTER INDEX reactions_tally_pkey RENAME TO reactions_countversion_pkey;
ALTER INDEX reactions_total_pkey RENAME TO reactions_articlecount_pkey;
ALTER INDEX reactions_baseline_pkey RENAME TO reactions_importedcount_pkey;
ALTER INDEX reactions_preset_pkey RENAME TO reactions_defaultpolicy_pkey;
ALTER INDEX reactions_renewal_pkey RENAME TO reactions_policyrefresh_pkey;
ALTER INDEX reactions_networkpace_pkey RENAME TO reactions_networkrate_pkey;
ALTER INDEX reactions_storypace_pkey RENAME TO reactions_articlerate_pkey;
ALTER SEQUENCE IF EXISTS reactions_mark_id_seq RENAME TO reactions_outboxentry_id_seq;
ALTER SEQUENCE IF EXISTS reactions_preset_id_seq RENAME TO reactions_defaultpolicy_id_seq;
ALTER SEQUENCE IF EXISTS reactions_renewal_id_seq RENAME TO reactions_policyrefresh_id_seq;

-- `is_newcomer` said the opposite. The outbox holds the last second, so this changes a handful of rows.
UPDATE reactions_outboxentry SET has_history = NOT has_history WHERE is_first;

ALTER TRIGGER reactions_total_not_negative ON reactions_articlecount RENAME TO reactions_articlecount_not_negative;
ALTER FUNCTION reactions_refuse_negative_total() RENAME TO reactions_refuse_negative_count;
CREATE OR REPLACE FUNCTION reactions_refuse_negative_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the count of kind % on article % would be %', NEW.kind, NEW.article_id, NEW.count
    USING ERRCODE = 'check_violation', CONSTRAINT = 'reactions_articlecount_not_negative';
END $$;

-- The effective policy of an article: its own, else the default policies of its section and tags, else the site's.
-- The article's own policy wins field by field. Where several default policies apply the strictest wins: hidden
-- before closed before open, the kinds that all of them accept, the earliest close. `days` is the site's setting:
-- after how many days an article closes; 0 is never, here as in close_after_days. Always one row; 2147483647 is
-- every kind. Inlined into record.sql, counts.sql and policy.sql. The body is text to PostgreSQL, so that a
-- migration of articles may change the columns that it reads.
CREATE FUNCTION reactions_effective_policy(article uuid, section bigint, published timestamptz, days integer)
RETURNS TABLE (state text, allowed integer, closes_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
  SELECT COALESCE(own.state, usual.state),
         COALESCE(own.allowed, usual.allowed, 2147483647),
         COALESCE(own.closes_at,
                  $3 + make_interval(hours => 24 * NULLIF(COALESCE(own.close_after_days, usual.days, $4), 0)))
    FROM (SELECT CASE WHEN bool_or(p.state = 'hidden') THEN 'hidden'
                      WHEN bool_or(p.state = 'closed') THEN 'closed'
                      ELSE 'open' END AS state,
                 bit_and(p.allowed) AS allowed,
                 min(p.close_after_days) AS days
            FROM reactions_defaultpolicy p
           WHERE p.section_id = $2
              OR EXISTS (SELECT FROM articles_articletag t WHERE t.article_id = $1 AND t.tag_id = p.tag_id)) usual
    LEFT JOIN reactions_policy own ON own.article_id = $1
$$;
DROP FUNCTION reactions_policy_of(uuid, bigint, timestamptz, integer);

COMMENT ON INDEX reactions_by_reader IS 'erase.sql, export.sql: all rows of one reader';
COMMENT ON INDEX reactions_erased IS 'remove_erased.sql: the rows of erased readers';
COMMENT ON INDEX reactions_of_wave IS 'apply_wave.sql: the rows of one wave';
COMMENT ON INDEX reactions_outboxentry_pkey IS 'moderate.sql: the oldest entries first';
COMMENT ON INDEX reactions_countversion_pkey IS 'aggregate.sql, counts.sql, record.sql: the version of an article';
COMMENT ON INDEX reactions_stale_counts IS 'list_stale_counts.sql: articles whose newest counts Redis does not have';
COMMENT ON INDEX reactions_articlecount_pkey IS 'aggregate.sql, counts.sql, record.sql: the counts of an article';
COMMENT ON INDEX reactions_bucket_pkey IS 'aggregate.sql, article_statistics.sql: an article through time';
COMMENT ON INDEX reactions_policy_pkey IS 'reactions_effective_policy, set_policy.sql, set_state.sql: the own policy of an article';
COMMENT ON INDEX reactions_defaultpolicy_pkey IS 'the desk: one default policy';
COMMENT ON INDEX reactions_defaultpolicy_section IS 'one default policy a section';
COMMENT ON INDEX reactions_defaultpolicy_tag IS 'one default policy a tag';
COMMENT ON INDEX reactions_defaultpolicy_name IS 'one default policy a name';
COMMENT ON INDEX reactions_policyrefresh_pkey IS 'refresh_articles.sql: the oldest refresh first';
COMMENT ON INDEX reactions_importedcount_pkey IS 'counts.sql, record.sql, article_statistics.sql, set_imported_counts.sql: imported counts';
COMMENT ON INDEX reactions_reconciliation_pkey IS 'save_reconciliation.sql, last_reconciliation.sql: the one row';
COMMENT ON INDEX reactions_networkrate_pkey IS 'moderate.sql: a network on an article, and anywhere within a minute';
COMMENT ON INDEX reactions_articlerate_pkey IS 'moderate.sql: recent first reactions to an article';
COMMENT ON INDEX reactions_open_wave IS 'moderate.sql: the wave that a rule adds to';
COMMENT ON INDEX reactions_waves_by_time IS 'the desk: waves, newest first';
COMMENT ON INDEX reactions_waves_to_do IS 'list_unapplied_waves.sql: decisions whose rows are not changed yet';
COMMENT ON INDEX reactions_salt_pkey IS 'get_or_create_salt.sql: the salt of a day';
