"""The views of whole days. Days that were added up without them are added up again; until then buckets are read."""

from django.db import migrations, models

_STALE = """
INSERT INTO reactions_staleday (day)
SELECT day FROM reactions_summedday
 WHERE day IN (SELECT (start AT TIME ZONE 'UTC')::date FROM reactions_viewbucket)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0021_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayView',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'article_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('article_id', models.UUIDField()),
                ('views', models.IntegerField()),
            ],
        ),
        migrations.RunSQL(_STALE, migrations.RunSQL.noop),
    ]
