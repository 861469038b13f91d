"""When the source made the version that was imported last, and whether a source's future times are embargoes.

Two columns without a rewrite of rows: one is nullable, the other has a constant default.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('articles', '0018_append_only')]

    operations = [
        migrations.AddField(
            model_name='article',
            name='source_modified_at',
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text='When the source made the version that was imported last.',
                null=True,
            ),
        ),
        migrations.AddField(
            model_name='source',
            name='schedules',
            field=models.BooleanField(
                default=False,
                help_text='Its stories with a future time of publication wait until then; those of other sources are refused.',
                verbose_name='future times are embargoes',
            ),
        ),
    ]
