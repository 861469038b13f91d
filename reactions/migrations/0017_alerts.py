"""Alerts, reports, what each user wants to get, and every message that was sent."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('reactions', '0016_desk_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='subscription', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('alerts', models.BooleanField(default=False)),
                ('daily', models.BooleanField(default=False)),
                ('weekly', models.BooleanField(default=False)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='A report that was due before is not sent.')),
                ('seen_alert', models.BigIntegerField(default=0, help_text='The last alert that was shown.')),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('article_id', models.UUIDField()),
                ('rule', models.CharField(choices=[('spike', 'Spike'), ('mood', 'Mood turn'), ('wave', 'Wave')], max_length=5)),
                ('wave_id', models.BigIntegerField(help_text='Of an alert about a wave.', null=True)),
                ('kind', models.SmallIntegerField(help_text='Of a mood turn: the kind that grew.', null=True)),
                ('figures', models.JSONField(help_text='What was measured, and what is usual.')),
                ('raised_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['-raised_at', '-id'],
                'indexes': [models.Index(fields=['article_id', '-raised_at'], name='reactions_alerts_of_article'), models.Index(fields=['-raised_at'], name='reactions_alerts_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('wave_id__isnull', False)), fields=('wave_id',), name='reactions_alert_of_wave')],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', models.CharField(choices=[('day', 'Daily report'), ('week', 'Weekly report')], max_length=4)),
                ('first_day', models.DateField(help_text='In the zone of the user.')),
                ('subject', models.CharField(max_length=200)),
                ('html', models.TextField()),
                ('text', models.TextField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-made_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sending', 'being sent'), ('sent', 'sent'), ('failed', 'not sent')], default='waiting', max_length=7)),
                ('failures', models.IntegerField(default=0)),
                ('retry_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('began_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('alert', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='reactions.alert')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='message', to='reactions.report')),
            ],
        ),
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('article_id', models.UUIDField(null=True)),
                ('rule', models.CharField(blank=True, choices=[('spike', 'Spike'), ('mood', 'Mood turn'), ('wave', 'Wave')], max_length=5)),
                ('until', models.DateTimeField(help_text='Null: until it is taken back.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('user', 'article_id', 'rule'), name='reactions_mute_once', nulls_distinct=False)],
            },
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['made_at'], name='reactions_reports_by_time'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('user', 'period', 'first_day'), name='reactions_report_once'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['retry_at'], name='reactions_messages_to_send'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('alert__isnull', False)), fields=('alert', 'user'), name='reactions_message_of_alert', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('report', None)), models.Q(('alert', None), ('report__isnull', False)), _connector='OR'), name='reactions_message_of_one'),
        ),
    ]
