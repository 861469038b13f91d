-- The buckets of sections, what single aggregations inserted added up; of a section that is gone, without one.
-- Reads reactions_sitebucket once. Locks nothing. Returns the start, the slug of the section, the kind, added and removed.
SELECT b.start, s.slug, b.kind, sum(b.added)::bigint, sum(b.removed)::bigint
  FROM reactions_sitebucket b
  LEFT JOIN articles_section s ON s.id = b.section_id
 GROUP BY b.start, s.slug, b.kind
 ORDER BY b.start, s.slug, b.kind;
