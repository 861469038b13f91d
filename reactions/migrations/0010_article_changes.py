"""An outbox of articles that changed, and the stale counts in the order in which they are written."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0009_aggregation_run'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArticleChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('article_id', models.UUIDField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='countversion',
            name='reactions_stale_counts',
        ),
        migrations.AddIndex(
            model_name='countversion',
            index=models.Index(condition=models.Q(('version__gt', models.F('cached_version'))), fields=['-counted_at'], name='reactions_stale_counts'),
        ),
    ]
