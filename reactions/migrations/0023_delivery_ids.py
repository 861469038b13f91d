"""Deliveries get ids that sort by when they were made. Only the models change: no statement is run."""

import articles.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0022_view_days'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='webhookdelivery',
            options={'ordering': ['-id'], 'verbose_name_plural': 'webhook deliveries'},
        ),
        migrations.AlterField(
            model_name='webhookdelivery',
            name='id',
            field=models.UUIDField(default=articles.ids.uuid7, editable=False, primary_key=True, serialize=False),
        ),
    ]
