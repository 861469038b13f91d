"""The index of lists leaves out the articles of sites that are on no list; an index for each site. Built while readers read."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('articles', '0010_sites')]

    operations = [
        RemoveIndexConcurrently(
            model_name='article',
            name='articles_by_time',
        ),
        AddIndexConcurrently(
            model_name='article',
            index=models.Index(condition=models.Q(('is_listed', True), ('state__in', ('published', 'corrected', 'retracted'))), fields=['-published_at', '-id'], name='articles_by_time'),
        ),
        AddIndexConcurrently(
            model_name='article',
            index=models.Index(condition=models.Q(('site__isnull', False)), fields=['site', '-published_at', '-id'], name='articles_by_site'),
        ),
    ]
