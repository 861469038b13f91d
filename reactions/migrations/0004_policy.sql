-- What a story takes: by its own policy, else by the presets of its section and tags, else by the site.
-- What the story itself says wins, field by field. Where several presets speak, the strictest wins: hidden before
-- closed before open, the kinds that all of them take, the earliest close. `days` is the site's own: after how many
-- a story closes; 0 is never, here as in close_after_days. Always one row; 2147483647 is every kind.
-- Inlined into record.sql, counts.sql and policy.sql. Its body is text to PostgreSQL, so that it stands in nobody's
-- way who changes a column of articles.
CREATE FUNCTION reactions_policy_of(article uuid, section bigint, published timestamptz, days integer)
RETURNS TABLE (state text, allowed integer, closes_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
  SELECT COALESCE(own.state, preset.state),
         COALESCE(own.allowed, preset.allowed, 2147483647),
         COALESCE(own.closes_at,
                  $3 + make_interval(hours => 24 * NULLIF(COALESCE(own.close_after_days, preset.days, $4), 0)))
    FROM (SELECT CASE WHEN bool_or(p.state = 'hidden') THEN 'hidden'
                      WHEN bool_or(p.state = 'closed') THEN 'closed'
                      ELSE 'open' END AS state,
                 bit_and(p.allowed) AS allowed,
                 min(p.close_after_days) AS days
            FROM reactions_preset p
           WHERE p.section_id = $2
              OR EXISTS (SELECT FROM articles_articletag t WHERE t.article_id = $1 AND t.tag_id = p.tag_id)) preset
    LEFT JOIN reactions_policy own ON own.article_id = $1
$$;

COMMENT ON INDEX reactions_policy_pkey IS 'reactions_policy_of, set_policy.sql, set_state.sql: what a story says itself';
COMMENT ON INDEX reactions_preset_pkey IS 'the desk: one preset';
COMMENT ON INDEX reactions_preset_section IS 'one preset a section';
COMMENT ON INDEX reactions_preset_tag IS 'one preset a tag';
COMMENT ON INDEX reactions_preset_name IS 'one preset a name';
COMMENT ON INDEX reactions_renewal_pkey IS 'renew_stories.sql: the oldest renewal first';
