"""The numbers of the writes to Redis, by which one that came back old is noticed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0010_article_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='CacheState',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('writes', models.BigIntegerField(default=0, help_text='The highest number that Redis has confirmed.')),
                ('rewrite_before', models.DateTimeField(help_text='Articles that changed before are yet to be written again; null: none.', null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='reactions_cachestate_once')],
            },
        ),
        migrations.RunSQL(
            'CREATE SEQUENCE reactions_cache_write',
            'DROP SEQUENCE reactions_cache_write',
        ),
    ]
