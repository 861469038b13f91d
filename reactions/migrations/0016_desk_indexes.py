"""An index of the waves that wait for an editor. Built while workers aggregate."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reactions', '0015_statistics'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='wave',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['id'], name='reactions_waves_held'),
        ),
    ]
