"""Sources whose future times are embargoes: a default for the processes of the release before, which do not know the column."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('articles', '0020_published_offset')]

    operations = [
        migrations.AlterField(
            model_name='source',
            name='schedules',
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text='Its stories with a future time of publication wait until then; those of other sources are refused.',
                verbose_name='future times are embargoes',
            ),
        ),
    ]
