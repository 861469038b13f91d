"""Help texts and choices in the words of docs/glossary.md. No column changes."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0006_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='articlerate',
            name='counted',
            field=models.IntegerField(help_text='First reactions counted in this hour.'),
        ),
        migrations.AlterField(
            model_name='articlerate',
            name='counted_before',
            field=models.IntegerField(help_text='Those of the hour before.'),
        ),
        migrations.AlterField(
            model_name='articlerate',
            name='usual',
            field=models.FloatField(help_text='Moving average of `without_history` a minute.'),
        ),
        migrations.AlterField(
            model_name='articlerate',
            name='without_history',
            field=models.IntegerField(help_text='First reactions without history in this minute.'),
        ),
        migrations.AlterField(
            model_name='articlerate',
            name='without_page',
            field=models.IntegerField(help_text='Those of `counted` without history and without a page token.'),
        ),
        migrations.AlterField(
            model_name='defaultpolicy',
            name='allowed',
            field=models.IntegerField(blank=True, help_text='The kinds that they accept; empty: every kind.', null=True),
        ),
        migrations.AlterField(
            model_name='defaultpolicy',
            name='close_after_days',
            field=models.PositiveIntegerField(blank=True, help_text='Days after a story’s first publication. Empty: the site’s setting applies.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(36500)]),
        ),
        migrations.AlterField(
            model_name='importedcount',
            name='source',
            field=models.CharField(help_text='The name of the import that set it.', max_length=50),
        ),
        migrations.AlterField(
            model_name='networkrate',
            name='hour_started_at',
            field=models.DateTimeField(help_text='When the hour began that `in_hour` counts.'),
        ),
        migrations.AlterField(
            model_name='outboxentry',
            name='has_history',
            field=models.BooleanField(db_default=False, help_text="The reader's token is older than ten minutes."),
        ),
        migrations.AlterField(
            model_name='outboxentry',
            name='has_page_token',
            field=models.BooleanField(db_default=False, help_text="The client loaded the article's page."),
        ),
        migrations.AlterField(
            model_name='outboxentry',
            name='network',
            field=models.BigIntegerField(help_text='The keyed hash of the client network.', null=True),
        ),
        migrations.AlterField(
            model_name='policy',
            name='allowed',
            field=models.IntegerField(help_text='The kinds that it accepts, a mask.', null=True),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='counted',
            field=models.IntegerField(default=0, help_text='The part of this row in the counts.'),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='erased',
            field=models.BooleanField(default=False, help_text='Its reader was erased; aggregation removes the row.'),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='held',
            field=models.BooleanField(default=False, help_text='Kept out of the counts by moderation.'),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='previous',
            field=models.IntegerField(help_text="The set that `kinds` replaced; null: this is the reader's first.", null=True),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='was_counted',
            field=models.IntegerField(default=0, help_text='`counted` before the last aggregation.'),
        ),
        migrations.AlterField(
            model_name='reaction',
            name='wave_id',
            field=models.BigIntegerField(help_text='The wave that it was held with.', null=True),
        ),
        migrations.AlterField(
            model_name='reconciliation',
            name='bucket_drift',
            field=models.BigIntegerField(help_text='Of the buckets, summed the same way.'),
        ),
        migrations.AlterField(
            model_name='reconciliation',
            name='drift',
            field=models.BigIntegerField(help_text='Of the counts, summed over articles and kinds.'),
        ),
        migrations.AlterField(
            model_name='reconciliation',
            name='missed_rows',
            field=models.BigIntegerField(help_text='Rows whose `counted` was stale without an outbox entry.'),
        ),
        migrations.AlterField(
            model_name='wave',
            name='is_open',
            field=models.BooleanField(default=True, help_text='Accepts further reactions.'),
        ),
        migrations.AlterField(
            model_name='wave',
            name='rule',
            field=models.CharField(help_text='The `name` of a moderation rule.', max_length=20),
        ),
        migrations.AlterField(
            model_name='wave',
            name='size',
            field=models.IntegerField(help_text='Reactions held.'),
        ),
    ]
