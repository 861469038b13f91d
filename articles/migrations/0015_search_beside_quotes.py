"""Words beside typographic quotation marks, dashes and fixed spaces become words of their own in the search column.

In a database whose locale is C, PostgreSQL takes every character beyond ASCII for a letter, so that “bridge” was another
word than bridge, and no search found it. Adding the column rewrites the table under an exclusive lock, as in 0003.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("articles.migrations.0003_search").COLUMN
DROP = "ALTER TABLE articles_article DROP COLUMN search"
INDEX = "CREATE INDEX articles_by_search ON articles_article USING gin (search)"

# articles.pages.search.SEPARATORS, as escapes: the last character of each text is a space.
FUNCTION = r"""
CREATE FUNCTION articles_search_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN translate(
    value,
    U&'\201c\201d\201e\201f\2018\2019\201a\201b\00ab\00bb\2039\203a\2026\2013\2014\2015\2022\00b7\00a1\00bf\00a0\2009\202f\200b',
    '                        '
)
"""
COLUMN = """
ALTER TABLE articles_article ADD COLUMN search tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector(articles_search_config(language),
                          articles_search_text(headline || ' ' || subheadline)), 'A') ||
    setweight(to_tsvector(articles_search_config(language),
                          articles_search_text(left(abstract, 10000))), 'B') ||
    setweight(to_tsvector(articles_search_config(language),
                          articles_search_text(byline || ' ' || dateline_place)), 'C') ||
    setweight(to_tsvector(articles_search_config(language),
                          articles_search_text(left(body_html, 100000))), 'D')
) STORED
"""


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0014_labels'),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION articles_search_text(text)"),
        migrations.RunSQL([DROP, COLUMN, INDEX], [DROP, BEFORE, INDEX]),
    ]
