"""When the source made the version that was imported last. A nullable column: no row is rewritten."""

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
    ]
