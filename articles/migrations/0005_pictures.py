"""Files of pictures and galleries. Every lock is short: the columns are constant, the tables new or small."""

import articles.storage
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0004_feed'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArticleMedia',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                'verbose_name': 'further picture',
                'ordering': ['position'],
            },
        ),
        migrations.AlterModelOptions(
            name='media',
            options={'verbose_name': 'picture'},
        ),
        migrations.AddField(
            model_name='media',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='media',
            name='byte_size',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='media',
            name='content_hash',
            field=models.CharField(blank=True, editable=False, help_text='SHA-256 of the file.', max_length=64),
        ),
        migrations.AddField(
            model_name='media',
            name='content_type',
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='media',
            name='copyright_notice',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='media',
            name='decorative',
            field=models.BooleanField(default=False, help_text='It says nothing that the story does not, and needs no such text.'),
        ),
        migrations.AddField(
            model_name='media',
            name='due_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When a worker fetches or renders it; empty where there is nothing to do.', null=True),
        ),
        migrations.AddField(
            model_name='media',
            name='file',
            field=models.FileField(blank=True, editable=False, max_length=200, storage=articles.storage.picture_storage, upload_to=''),
        ),
        migrations.AddField(
            model_name='media',
            name='focal_x',
            field=models.FloatField(default=0.5, help_text='0 is the left edge, 1 the right one.', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='media',
            name='focal_y',
            field=models.FloatField(default=0.5, help_text='0 is the upper edge, 1 the lower one.', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='media',
            name='height',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='media',
            name='last_error',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name='media',
            name='rendered',
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
        migrations.AddField(
            model_name='media',
            name='source_url',
            field=models.CharField(blank=True, help_text='Where an import found it; empty for an upload.', max_length=1000),
        ),
        migrations.AddField(
            model_name='media',
            name='width',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='article',
            name='lead_image',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.media'),
        ),
        migrations.AlterField(
            model_name='media',
            name='alt_text',
            field=models.TextField(blank=True, help_text='What the picture shows, for those who do not see it.'),
        ),
        migrations.AddIndex(
            model_name='media',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='articles_media_due'),
        ),
        migrations.AddIndex(
            model_name='media',
            index=models.Index(condition=models.Q(('content_hash', ''), _negated=True), fields=['content_hash'], name='articles_media_by_hash'),
        ),
        migrations.AddConstraint(
            model_name='media',
            constraint=models.CheckConstraint(condition=models.Q(('focal_x__range', (0, 1)), ('focal_y__range', (0, 1))), name='articles_media_focal_point'),
        ),
        migrations.AddField(
            model_name='articlemedia',
            name='article',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='media_links', to='articles.article'),
        ),
        migrations.AddField(
            model_name='articlemedia',
            name='media',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.media'),
        ),
        migrations.AddField(
            model_name='article',
            name='media',
            field=models.ManyToManyField(blank=True, help_text='Further pictures.', related_name='+', through='articles.ArticleMedia', to='articles.media'),
        ),
        migrations.AddConstraint(
            model_name='articlemedia',
            constraint=models.UniqueConstraint(fields=('article', 'media'), name='articles_media_once'),
        ),
    ]
