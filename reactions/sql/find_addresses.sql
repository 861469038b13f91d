-- The articles at these addresses of sites, by what the spellings of an address share. Uses: the unique index on key of
-- articles_articleaddress. Locks nothing.
SELECT key, article_id FROM articles_articleaddress WHERE key = ANY (%(keys)s::text[]);
