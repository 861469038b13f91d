"""Help texts in the words of docs/glossary.md. No column changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0006_desk'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='article',
            name='body_markdown',
            field=models.TextField(help_text='The text as it was written or imported, in Markdown.'),
        ),
        migrations.AlterField(
            model_name='article',
            name='canonical_url',
            field=models.URLField(blank=True, help_text='The address of the original, where another site published it first.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='article',
            name='created_by',
            field=models.ForeignKey(blank=True, editable=False, help_text='The author of the draft; empty where a program created it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='article',
            name='dateline_text',
            field=models.TextField(blank=True, help_text='The rendered line; a later change of style does not change it.'),
        ),
        migrations.AlterField(
            model_name='article',
            name='embargoed_until',
            field=models.DateTimeField(blank=True, help_text='The source allows no publication before this time.', null=True),
        ),
        migrations.AlterField(
            model_name='article',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='When the story is unpublished.', null=True),
        ),
        migrations.AlterField(
            model_name='article',
            name='preview_generation',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='A higher number invalidates all earlier preview links.'),
        ),
        migrations.AlterField(
            model_name='article',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='When the story is published.', null=True),
        ),
        migrations.AlterField(
            model_name='article',
            name='published_at',
            field=models.DateTimeField(blank=True, help_text='Shown to readers; lists are in its order.', null=True),
        ),
        migrations.AlterField(
            model_name='article',
            name='slugline',
            field=models.CharField(blank=True, help_text='Key words for the desk.', max_length=100),
        ),
        migrations.AlterField(
            model_name='article',
            name='source_hash',
            field=models.CharField(blank=True, editable=False, help_text='Hash of the content at the last import; differs after an edit at the desk.', max_length=64),
        ),
        migrations.AlterField(
            model_name='article',
            name='source_item_id',
            field=models.CharField(blank=True, help_text="The story's id at its source.", max_length=255),
        ),
        migrations.AlterField(
            model_name='article',
            name='updated_at',
            field=models.DateTimeField(auto_now=True, help_text='The last change of the row.'),
        ),
        migrations.AlterField(
            model_name='article',
            name='urgency',
            field=models.PositiveSmallIntegerField(blank=True, help_text="From 1, a flash, to 9, on IPTC's scale.", null=True),
        ),
        migrations.AlterField(
            model_name='articlerevision',
            name='kind',
            field=models.CharField(help_text='The change: create, edit, publish, …', max_length=20),
        ),
        migrations.AlterField(
            model_name='author',
            name='url',
            field=models.URLField(blank=True, help_text="The author's site or profile."),
        ),
        migrations.AlterField(
            model_name='correction',
            name='version',
            field=models.PositiveIntegerField(help_text='The version of the story with the correction.'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='failures',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Consecutive failures.'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='format',
            field=models.CharField(blank=True, help_text='Empty: detected from the content.', max_length=20),
        ),
        migrations.AlterField(
            model_name='media',
            name='alt_text',
            field=models.TextField(blank=True, help_text='Describes the picture to readers who do not see it.'),
        ),
        migrations.AlterField(
            model_name='media',
            name='decorative',
            field=models.BooleanField(default=False, help_text='Adds nothing to the story, so that it needs no alternative text.'),
        ),
        migrations.AlterField(
            model_name='media',
            name='source_url',
            field=models.CharField(blank=True, help_text='The address that an import gave; empty for an upload.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='source',
            name='dateline_style',
            field=models.CharField(blank=True, help_text="Empty: the site's.", max_length=20),
        ),
    ]
