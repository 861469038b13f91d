"""What the desk's figures are read from: buckets of sections, the pace of articles, notes and saved views."""
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


# From what there is: by the sections that the articles have now.
_FILL = """
INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed, summed)
SELECT b.start, a.section_id, b.kind, sum(b.added), sum(b.removed), true
  FROM reactions_bucket b LEFT JOIN articles_article a ON a.id = b.article_id
 GROUP BY b.start, a.section_id, b.kind
"""


class Migration(migrations.Migration):

    dependencies = [
        ("articles", "0012_accounts"),
        ('reactions', '0014_sites'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reconciliation',
            name='site_bucket_drift',
            field=models.BigIntegerField(db_default=0, help_text='Of the buckets of sections, summed over kinds and quarters.'),
        ),
        migrations.CreateModel(
            name='Annotation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('article_id', models.UUIDField(blank=True, null=True)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('text', models.CharField(max_length=200)),
                ('editor', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['at', 'id'],
                'indexes': [models.Index(fields=['article_id', 'at'], name='reactions_annotations')],
            },
        ),
        migrations.CreateModel(
            name='Pace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('section_id', models.BigIntegerField(help_text='Null: the whole site.', null=True)),
                ('age', models.IntegerField(help_text='Minutes since the first publication.')),
                ('articles', models.IntegerField(help_text='That have reached this age.')),
                ('quarter', models.FloatField(help_text='25 of 100 articles had no more.')),
                ('median', models.FloatField()),
                ('three_quarters', models.FloatField()),
                ('high', models.FloatField(help_text='95 of 100 articles had no more.')),
                ('hour_median', models.FloatField(help_text='In the hour that ends at this age.')),
                ('hour_high', models.FloatField(help_text='95 of 100 had no more in that hour.')),
                ('built_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('section_id', 'age'), name='reactions_pace_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='SiteBucket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateTimeField()),
                ('section_id', models.BigIntegerField(null=True)),
                ('kind', models.SmallIntegerField()),
                ('added', models.BigIntegerField()),
                ('removed', models.BigIntegerField()),
                ('summed', models.BooleanField(db_default=False, help_text='Added up by the task.')),
            ],
            options={
                'indexes': [models.Index(fields=['start'], include=('section_id', 'kind', 'added', 'removed'), name='reactions_sitebucket_by_start'), models.Index(condition=models.Q(('summed', False)), fields=['start'], name='reactions_sitebucket_to_sum')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, max_length=2000)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('user', 'page', 'name'), name='reactions_savedview_once')],
            },
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
