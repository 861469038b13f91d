"""The words of the desk for stories and policies. Nothing changes in the database."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0017_alerts'),
    ]

    # One step, because Django would prepare each of them against the database.
    operations = [migrations.SeparateDatabaseAndState(state_operations=[
        migrations.AlterModelOptions(
            name='reactedarticle',
            options={'verbose_name': 'story', 'verbose_name_plural': 'stories'},
        ),
        migrations.AlterField(
            model_name='defaultpolicy',
            name='close_after_days',
            field=models.PositiveIntegerField(blank=True, help_text='Days after a story’s first publication. Empty: the site’s setting applies.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(36500)], verbose_name='closes after (days)'),
        ),
        migrations.AlterField(
            model_name='defaultpolicy',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('closed', 'Closed, counts shown'), ('hidden', 'Hidden')], default='open', max_length=6),
        ),
        migrations.AlterField(
            model_name='policy',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('closed', 'Closed, counts shown'), ('hidden', 'Hidden')], max_length=6, null=True),
        ),
        migrations.AlterField(
            model_name='wave',
            name='size',
            field=models.IntegerField(help_text='Reactions held.', verbose_name='reactions'),
        ),
    ])]
