"""What judging needs: signs on a mark, paces of networks and stories, waves and their decisions."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

PACES = Path(__file__).with_name("0002_judging.sql").read_text("utf-8")


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='NetworkPace',
            fields=[
                ('pk', models.CompositePrimaryKey('network', 'article_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('network', models.BigIntegerField()),
                ('article_id', models.UUIDField()),
                ('since', models.DateTimeField(help_text='When the hour began of which `seen` tells.')),
                ('seen', models.IntegerField(help_text='First reactions in that hour, held ones included.')),
                ('minute', models.DateTimeField()),
                ('seen_in_minute', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Salt',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('salt', models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='StoryPace',
            fields=[
                ('article_id', models.UUIDField(primary_key=True, serialize=False)),
                ('hour', models.DateTimeField()),
                ('passed', models.IntegerField(help_text='First reactions that were counted in this hour.')),
                ('passed_before', models.IntegerField(help_text='And in the hour before.')),
                ('unread', models.IntegerField(help_text='Those of `passed` who never saw the page.')),
                ('unread_before', models.IntegerField()),
                ('minute', models.DateTimeField()),
                ('newcomers', models.IntegerField(help_text='Those without history, in this minute.')),
                ('usual', models.FloatField(help_text='Newcomers a minute, a moving average.')),
            ],
        ),
        migrations.CreateModel(
            name='Wave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('article_id', models.UUIDField()),
                ('rule', models.CharField(choices=[('network_story', 'Many from one network on one story'), ('network_minute', 'Many from one network within a minute'), ('surge', 'A rush of clients that never saw the page'), ('unread', 'More clients that never saw the page than readers who did')], max_length=20)),
                ('state', models.CharField(choices=[('held', 'Held'), ('released', 'Released'), ('void', 'Void')], default='held', max_length=10)),
                ('is_open', models.BooleanField(default=True, help_text='Takes more of its kind.')),
                ('is_applied', models.BooleanField(default=True, help_text='Its rows are as `state` says.')),
                ('started_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('size', models.IntegerField(help_text='Reactions held back.')),
                ('network_count', models.IntegerField(verbose_name='networks')),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Their hashes, for 48 hours.', size=None)),
            ],
            options={
                'ordering': ['-last_at'],
            },
        ),
        migrations.CreateModel(
            name='WaveDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('held', 'Held'), ('released', 'Released'), ('void', 'Void')], max_length=10)),
                ('editor', models.CharField(max_length=150)),
                ('note', models.TextField(blank=True)),
                ('size', models.IntegerField(help_text='Reactions in the wave at that moment.')),
                ('decided_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['-decided_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='mark',
            name='has_read',
            field=models.BooleanField(db_default=False, help_text='Has seen the page of the story.'),
        ),
        migrations.AddField(
            model_name='mark',
            name='is_first',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='mark',
            name='is_newcomer',
            field=models.BooleanField(db_default=False, help_text='Without any history.'),
        ),
        migrations.AddField(
            model_name='mark',
            name='network',
            field=models.BigIntegerField(help_text='The hash of reactions.networks.', null=True),
        ),
        migrations.AddField(
            model_name='reaction',
            name='wave_id',
            field=models.BigIntegerField(help_text='The wave it was held back with.', null=True),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='previous',
            field=models.IntegerField(help_text="The set that `kinds` replaced; empty: this is the reader's first.", null=True),
        ),
        migrations.AddIndex(
            model_name='reaction',
            index=models.Index(condition=models.Q(('wave_id__isnull', False)), fields=['wave_id'], name='reactions_of_wave'),
        ),
        migrations.AddIndex(
            model_name='wave',
            index=models.Index(fields=['-last_at'], name='reactions_waves_by_time'),
        ),
        migrations.AddIndex(
            model_name='wave',
            index=models.Index(condition=models.Q(('is_applied', False)), fields=['id'], name='reactions_waves_to_do'),
        ),
        migrations.AddConstraint(
            model_name='wave',
            constraint=models.UniqueConstraint(condition=models.Q(('is_open', True)), fields=('article_id', 'rule'), name='reactions_open_wave'),
        ),
        migrations.AddField(
            model_name='wavedecision',
            name='wave',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='reactions.wave'),
        ),
        migrations.RunSQL(PACES, migrations.RunSQL.noop),
    ]
