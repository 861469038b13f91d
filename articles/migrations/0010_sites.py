"""Sites of others, the addresses of their articles, and articles that were merged into another."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0009_leads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ArticleAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=1000)),
                ('url', models.URLField(max_length=1000)),
                ('is_canonical', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'address',
                'verbose_name_plural': 'addresses',
            },
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=1000)),
                ('url', models.URLField(max_length=1000)),
                ('state', models.CharField(choices=[('pending', 'Waits for its verification'), ('registered', 'Registered'), ('alias', 'A further address of an article'), ('refused', 'Refused')], default='pending', max_length=10)),
                ('code', models.CharField(blank=True, help_text='Why it was refused: the code of the problem.', max_length=40)),
                ('detail', models.TextField(blank=True, help_text='The same as a sentence.')),
                ('warning', models.TextField(blank=True, help_text='What the site’s editor should mend.')),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('checked_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-seen_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('active', models.BooleanField(default=True, help_text='Off: its pages are treated as those of an unknown site.')),
                ('origins', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), help_text='Scheme, host and port, such as https://blog.example.org. The word null: frames that are sandboxed.', size=None)),
                ('url_patterns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), blank=True, default=list, help_text='Paths of its articles; * is any text, ! in front leaves out. Empty: every path but the root.', size=None)),
                ('registers', models.BooleanField(default=False, help_text='A page that is seen for the first time becomes an article.')),
                ('is_listed', models.BooleanField(default=False, help_text='Its articles are on the pages and in the feeds of this installation.')),
                ('theme', models.CharField(choices=[('auto', 'As the reader’s system'), ('light', 'Light'), ('dark', 'Dark')], default='auto', max_length=10)),
                ('query_parameters', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, help_text='Parameters that distinguish articles, such as p. Every other one is ignored.', size=None)),
                ('has_amp_pages', models.BooleanField(default=True, help_text='/amp, .amp.html and ?amp are other forms of the same article.')),
                ('has_mobile_hosts', models.BooleanField(default=True, help_text='www., m., mobile. and amp. before a host are the same site.')),
                ('jwt_algorithm', models.CharField(blank=True, choices=[('HS256', 'HS256: a secret that both sides know'), ('RS256', 'RS256: keys of the site, by its JWKS'), ('EdDSA', 'EdDSA: keys of the site, by its JWKS')], help_text='Empty: none accepted.', max_length=10, verbose_name='algorithm')),
                ('jwt_audience', models.CharField(blank=True, help_text='The claim aud of its tokens.', max_length=255, verbose_name='audience')),
                ('jwt_issuer', models.CharField(blank=True, help_text='The claim iss; empty: not verified.', max_length=255, verbose_name='issuer')),
                ('jwt_secrets', models.TextField(blank=True, help_text='For HS256, one a line: a new one beside the old one while they are exchanged.', verbose_name='secrets')),
                ('jwks_url', models.URLField(blank=True, max_length=1000, verbose_name='JWKS address')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='article',
            name='is_listed',
            field=models.BooleanField(db_default=True, default=True, editable=False, help_text='On the pages and in the feeds of this installation; off for articles of most sites.'),
        ),
        migrations.AddField(
            model_name='article',
            name='merged_into',
            field=models.ForeignKey(blank=True, editable=False, help_text='The article that has its addresses and reactions.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='articles.article'),
        ),
        migrations.AddField(
            model_name='article',
            name='site_item_id',
            field=models.CharField(blank=True, db_default='', editable=False, help_text='The article’s id at its site, which stays when its address changes.', max_length=255),
        ),
        migrations.AlterField(
            model_name='article',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('scheduled', 'Scheduled'), ('published', 'Published'), ('corrected', 'Corrected'), ('unpublished', 'Unpublished'), ('retracted', 'Retracted'), ('killed', 'Killed'), ('spiked', 'Spiked'), ('merged', 'Merged')], default='draft', max_length=20),
        ),
        migrations.AddField(
            model_name='articleaddress',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='articles.article'),
        ),
        migrations.AddField(
            model_name='sighting',
            name='article',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='articles.article'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.UniqueConstraint(fields=('name',), name='articles_site_name'),
        ),
        migrations.AddField(
            model_name='sighting',
            name='site',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='articles.site'),
        ),
        migrations.AddField(
            model_name='articleaddress',
            name='site',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='articles.site'),
        ),
        migrations.AddField(
            model_name='article',
            name='site',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='The site that publishes it; empty: this installation.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='articles.site'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.UniqueConstraint(condition=models.Q(('site_item_id', ''), _negated=True), fields=('site', 'site_item_id'), name='articles_once_from_site'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('state', 'merged')), models.Q(models.Q(('state', 'merged'), _negated=True), ('merged_into', None)), _connector='OR'), name='articles_merged_into_another'),
        ),
        migrations.AddIndex(
            model_name='sighting',
            index=models.Index(fields=['site', '-seen_at'], name='articles_sightings_of_site'),
        ),
        migrations.AddIndex(
            model_name='sighting',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['id'], name='articles_sightings_pending'),
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.UniqueConstraint(fields=('key',), name='articles_sighting_key'),
        ),
        migrations.AddConstraint(
            model_name='articleaddress',
            constraint=models.UniqueConstraint(fields=('key',), name='articles_address_key'),
        ),
        migrations.AddConstraint(
            model_name='articleaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('is_canonical', True)), fields=('article',), name='articles_one_canonical_address'),
        ),
    ]
