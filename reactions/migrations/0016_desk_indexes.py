"""Sums of days, and an index of the waves that wait for an editor. Built while workers aggregate."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reactions', '0015_statistics'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='wave',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['id'], name='reactions_waves_held'),
        ),
        migrations.AddField(
            model_name='reconciliation',
            name='wrong_days',
            field=models.IntegerField(db_default=0, help_text='Days whose sums were wrong.'),
        ),
        migrations.CreateModel(
            name='DayBucket',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'article_id', 'kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('article_id', models.UUIDField()),
                ('kind', models.SmallIntegerField()),
                ('added', models.IntegerField()),
                ('removed', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='StaleDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='SummedDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
            ],
        ),
    ]
