"""The offset in which the time of publication was filed.

A nullable column without a default: no row is rewritten.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('articles', '0019_sources')]

    operations = [
        migrations.AddField(
            model_name='article',
            name='published_offset',
            field=models.SmallIntegerField(
                blank=True,
                editable=False,
                help_text='Minutes east of UTC, as the time was filed; empty where that is not known.',
                null=True,
                verbose_name='offset of that time',
            ),
        ),
    ]
