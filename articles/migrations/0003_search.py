"""What full-text search reads, kept by PostgreSQL itself, and the indexes of feeds and sitemaps.

The column is outside the models: no query that loads a story has to carry its lexemes, and nothing
that writes a story can forget them. Adding it rewrites the table under an exclusive lock.
"""

from django.db import migrations

# A constant regconfig for each language keeps the function immutable, which a generated column
# demands; a cast of text to regconfig is not.
CONFIG = """
CREATE FUNCTION articles_search_config(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
CASE split_part(lower(language), '-', 1)
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig
    WHEN 'da' THEN 'pg_catalog.danish'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'el' THEN 'pg_catalog.greek'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig
    WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'nb' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'nn' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig
    WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig
END
"""

# The parser passes over tags and entities by itself. A tsvector ends at 1 MB, and a story that
# cannot be searched to its end must still be published: hence the lengths, in characters.
COLUMN = """
ALTER TABLE articles_article ADD COLUMN search tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector(articles_search_config(language),
                          headline || ' ' || subheadline), 'A') ||
    setweight(to_tsvector(articles_search_config(language), left(abstract, 10000)), 'B') ||
    setweight(to_tsvector(articles_search_config(language),
                          byline || ' ' || dateline_place), 'C') ||
    setweight(to_tsvector(articles_search_config(language), left(body_html, 100000)), 'D')
) STORED
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0002_workflow"),
    ]

    operations = [
        migrations.RunSQL(CONFIG, "DROP FUNCTION articles_search_config(text)"),
        migrations.RunSQL(COLUMN, "ALTER TABLE articles_article DROP COLUMN search"),
        # Full-text search (articles/search.py).
        migrations.RunSQL(
            "CREATE INDEX articles_by_search ON articles_article USING gin (search)",
            "DROP INDEX articles_by_search",
        ),
        # When anything that was public changed last: Last-Modified of every feed and sitemap.
        migrations.RunSQL(
            "CREATE INDEX articles_by_change ON articles_article (updated_at DESC)"
            " WHERE first_published_at IS NOT NULL",
            "DROP INDEX articles_by_change",
        ),
        # The news sitemap.
        migrations.RunSQL(
            "CREATE INDEX articles_by_first_publication"
            " ON articles_article (first_published_at DESC, id DESC)"
            " WHERE state IN ('published', 'corrected', 'retracted')",
            "DROP INDEX articles_by_first_publication",
        ),
    ]
