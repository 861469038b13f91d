-- Takes the oldest policy refresh and raises the count versions of the next articles of its section, tag or site; deletes it
-- with the last of them. Another worker takes another refresh. Only public articles can be in a cache. An article whose
-- count version another transaction holds goes to the outbox of changed articles, so that it does not stop the others.
-- Uses: the keys of reactions_policyrefresh, articles_article and reactions_countversion; articles_by_section,
-- articles_by_site or the index of tags. Locks: the refresh, then the articles' count versions in key order; waits for one that is being created.
-- Returns no row where none waits, else the articles that are refreshed.
WITH taken AS MATERIALIZED (
  SELECT id, section_id, tag_id, site_id, refreshed_to FROM reactions_policyrefresh ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
), next AS MATERIALIZED (
  SELECT id
    FROM (SELECT a.id, a.state, refreshed_to FROM taken JOIN articles_article a USING (section_id)
           UNION ALL
          SELECT a.id, a.state, refreshed_to FROM taken JOIN articles_article a ON a.site_id = taken.site_id
           UNION ALL
          SELECT a.id, a.state, refreshed_to
            FROM taken JOIN articles_articletag t USING (tag_id) JOIN articles_article a ON a.id = t.article_id) article
   WHERE state IN ({{public_states}}) AND (refreshed_to IS NULL OR id > refreshed_to)
   ORDER BY id LIMIT %(most)s::int
), known AS MATERIALIZED (
  SELECT v.article_id FROM next JOIN reactions_countversion v ON v.article_id = next.id
), free AS MATERIALIZED (
  SELECT v.article_id
    FROM next JOIN reactions_countversion v ON v.article_id = next.id
   ORDER BY v.article_id
     FOR NO KEY UPDATE OF v SKIP LOCKED
), versioned AS (
  INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
  SELECT id, 1, 0, clock_timestamp()
    FROM next
   WHERE id IN (SELECT article_id FROM free) OR id NOT IN (SELECT article_id FROM known)
   ORDER BY id
      ON CONFLICT (article_id) DO UPDATE
     SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
  RETURNING article_id
), later AS (
  INSERT INTO reactions_articlechange (article_id)
  SELECT article_id FROM known WHERE article_id NOT IN (SELECT article_id FROM free)
), advanced AS (
  UPDATE reactions_policyrefresh r SET refreshed_to = (SELECT id FROM next ORDER BY id DESC LIMIT 1)
    FROM taken WHERE r.id = taken.id AND (SELECT count(*) FROM next) = %(most)s::int
), done AS (
  DELETE FROM reactions_policyrefresh r
   USING taken WHERE r.id = taken.id AND (SELECT count(*) FROM next) < %(most)s::int
)
SELECT ARRAY(SELECT article_id FROM versioned ORDER BY article_id) FROM taken;
