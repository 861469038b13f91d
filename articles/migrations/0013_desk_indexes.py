"""An index of the articles in review. Built while readers read."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('articles', '0012_accounts'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='article',
            index=models.Index(condition=models.Q(('state', 'in_review')), fields=['id'], name='articles_in_review'),
        ),
    ]
