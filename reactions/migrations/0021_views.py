"""How many clients opened each article, by half hour. A new table: nothing waits for it."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0020_webhooks'),
    ]

    operations = [
        migrations.CreateModel(
            name='ViewBucket',
            fields=[
                ('pk', models.CompositePrimaryKey('article_id', 'start', blank=True, editable=False, primary_key=True, serialize=False)),
                ('article_id', models.UUIDField()),
                ('start', models.DateTimeField()),
                ('views', models.IntegerField()),
                ('moved', models.IntegerField(db_default=0, help_text='By merges: those that came, less those that left.')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['start'], name='reactions_views_by_start', pages_per_range=16)],
            },
        ),
    ]
