"""The words of the desk for stories, versions and their fields. Nothing changes in the database."""

import django.contrib.postgres.fields
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0013_desk_indexes'),
    ]

    # One step, because Django would prepare each of them against the database.
    operations = [migrations.SeparateDatabaseAndState(state_operations=[
        migrations.AlterModelOptions(
            name='article',
            options={'permissions': [('publish_article', 'Can publish, schedule, correct, retract and unpublish stories'), ('kill_article', 'Can kill, spike and unspike stories'), ('restore_article', 'Can restore old versions of stories')], 'verbose_name': 'story', 'verbose_name_plural': 'stories'},
        ),
        migrations.AlterModelOptions(
            name='articlerevision',
            options={'ordering': ['-version'], 'verbose_name': 'version', 'verbose_name_plural': 'versions'},
        ),
        migrations.AlterModelOptions(
            name='sighting',
            options={'ordering': ['-seen_at', '-id'], 'verbose_name': 'page seen', 'verbose_name_plural': 'pages seen'},
        ),
        migrations.AlterField(
            model_name='apikey',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='issued'),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='last_used_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used'),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='prefix',
            field=models.CharField(editable=False, max_length=12, verbose_name='begins with'),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='revoked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked'),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None, verbose_name='may'),
        ),
        migrations.AlterField(
            model_name='article',
            name='article_type',
            field=models.CharField(blank=True, choices=[('reportage', 'Reportage'), ('analysis', 'Analysis'), ('background', 'Background'), ('opinion', 'Opinion'), ('review', 'Review')], max_length=20, verbose_name='type of story'),
        ),
        migrations.AlterField(
            model_name='article',
            name='body_markdown',
            field=models.TextField(help_text='The text as it was written or imported, in Markdown.', verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='article',
            name='canonical_url',
            field=models.URLField(blank=True, help_text='The address of the original, where another site published it first.', max_length=1000, verbose_name='address of the original'),
        ),
        migrations.AlterField(
            model_name='article',
            name='content_modified_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='The last change that readers would notice.', null=True, verbose_name='changed for readers'),
        ),
        migrations.AlterField(
            model_name='article',
            name='dateline_country',
            field=models.CharField(blank=True, help_text='Two letters, such as SY for Syria.', max_length=2),
        ),
        migrations.AlterField(
            model_name='article',
            name='ed_note',
            field=models.TextField(blank=True, help_text='For editors only.', verbose_name='note for the desk'),
        ),
        migrations.AlterField(
            model_name='article',
            name='editor_note',
            field=models.TextField(blank=True, help_text='For readers.', verbose_name='note to readers'),
        ),
        migrations.AlterField(
            model_name='article',
            name='embargoed_until',
            field=models.DateTimeField(blank=True, help_text='The source allows no publication before this time.', null=True, verbose_name='embargo until'),
        ),
        migrations.AlterField(
            model_name='article',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='When the story is unpublished.', null=True, verbose_name='unpublish at'),
        ),
        migrations.AlterField(
            model_name='article',
            name='first_created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='first written'),
        ),
        migrations.AlterField(
            model_name='article',
            name='first_published_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='first published'),
        ),
        migrations.AlterField(
            model_name='article',
            name='guid',
            field=models.CharField(editable=False, help_text='A tag: URI; never changes.', max_length=255, verbose_name='permanent identifier'),
        ),
        migrations.AlterField(
            model_name='article',
            name='language',
            field=models.CharField(default='en', help_text='A code such as en, en-GB or ar.', max_length=35),
        ),
        migrations.AlterField(
            model_name='article',
            name='pub_status',
            field=models.CharField(choices=[('usable', 'Usable'), ('withheld', 'Withheld'), ('canceled', 'Canceled')], default='usable', max_length=20, verbose_name='use by others'),
        ),
        migrations.AlterField(
            model_name='article',
            name='publish_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='scheduled for'),
        ),
        migrations.AlterField(
            model_name='article',
            name='published_at',
            field=models.DateTimeField(blank=True, help_text='Shown to readers; lists are in its order.', null=True, verbose_name='time of publication'),
        ),
        migrations.AlterField(
            model_name='article',
            name='subjects',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, help_text='IPTC media topics, the most important first.', size=None),
        ),
        migrations.AlterField(
            model_name='article',
            name='updated_at',
            field=models.DateTimeField(auto_now=True, verbose_name='last change of the record'),
        ),
        migrations.AlterField(
            model_name='article',
            name='urgency',
            field=models.PositiveSmallIntegerField(blank=True, help_text='From 1, a flash, to 9, in no hurry.', null=True),
        ),
        migrations.AlterField(
            model_name='article',
            name='version_created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='saved'),
        ),
        migrations.AlterField(
            model_name='articleaddress',
            name='url',
            field=models.URLField(max_length=1000, verbose_name='address'),
        ),
        migrations.AlterField(
            model_name='articlerevision',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='saved'),
        ),
        migrations.AlterField(
            model_name='articlerevision',
            name='kind',
            field=models.CharField(max_length=20, verbose_name='what was done'),
        ),
        migrations.AlterField(
            model_name='author',
            name='url',
            field=models.URLField(blank=True, help_text="The author's site or profile.", verbose_name='website'),
        ),
        migrations.AlterField(
            model_name='correction',
            name='kind',
            field=models.CharField(choices=[('correction', 'Correction'), ('clarification', 'Clarification'), ('update', 'Update'), ('editors_note', 'Editor’s note'), ('retraction', 'Retraction')], default='correction', max_length=20, verbose_name='kind of notice'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='failures',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='failures in a row'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='interval_seconds',
            field=models.PositiveIntegerField(default=300, verbose_name='seconds between two polls'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='last_error',
            field=models.TextField(blank=True, editable=False, verbose_name='last problem'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='next_poll_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='next poll'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='polled_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last poll'),
        ),
        migrations.AlterField(
            model_name='feed',
            name='url',
            field=models.URLField(max_length=1000, verbose_name='address'),
        ),
        migrations.AlterField(
            model_name='lead',
            name='chosen_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='chosen'),
        ),
        migrations.AlterField(
            model_name='media',
            name='alt_text',
            field=models.TextField(blank=True, help_text='Describes the picture to readers who do not see it.', verbose_name='alternative text'),
        ),
        migrations.AlterField(
            model_name='media',
            name='source_url',
            field=models.CharField(blank=True, help_text='The address that an import gave; empty for an upload.', max_length=1000, verbose_name='fetched from'),
        ),
        migrations.AlterField(
            model_name='sighting',
            name='checked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='checked'),
        ),
        migrations.AlterField(
            model_name='sighting',
            name='code',
            field=models.CharField(blank=True, max_length=40, verbose_name='reason (code)'),
        ),
        migrations.AlterField(
            model_name='sighting',
            name='detail',
            field=models.TextField(blank=True, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='sighting',
            name='seen_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='first seen'),
        ),
        migrations.AlterField(
            model_name='sighting',
            name='url',
            field=models.URLField(max_length=1000, verbose_name='address'),
        ),
        migrations.AlterField(
            model_name='site',
            name='registers',
            field=models.BooleanField(default=False, help_text='A page that is seen for the first time becomes an article.', verbose_name='registers pages'),
        ),
    ])]
