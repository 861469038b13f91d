"""Default policies of sites, and articles whose reactions were moved to another one."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


# The articles of a site are looked up only where a site has a policy: an uncorrelated subquery runs when it is needed.
_FUNCTION = """
CREATE OR REPLACE FUNCTION reactions_effective_policy(
  article uuid, section bigint, published timestamptz, days integer)
RETURNS TABLE (state text, allowed integer, closes_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
  SELECT COALESCE(own.state, usual.state),
         COALESCE(own.allowed, usual.allowed, 2147483647),
         COALESCE(own.closes_at,
                  $3 + make_interval(hours => 24 * NULLIF(COALESCE(own.close_after_days, usual.days, $4), 0)))
    FROM (SELECT CASE WHEN bool_or(p.state = 'hidden') THEN 'hidden'
                      WHEN bool_or(p.state = 'closed') THEN 'closed'
                      ELSE 'open' END AS state,
                 bit_and(p.allowed) AS allowed,
                 min(p.close_after_days) AS days
            FROM reactions_defaultpolicy p
           WHERE p.section_id = $2{of_site}
              OR EXISTS (SELECT FROM articles_articletag t WHERE t.article_id = $1 AND t.tag_id = p.tag_id)) usual
    LEFT JOIN reactions_policy own ON own.article_id = $1
$$
"""
_OF_SITE = """
              OR p.site_id IS NOT NULL AND p.site_id = (SELECT a.site_id FROM articles_article a WHERE a.id = $1)"""


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0010_sites'),
        ('reactions', '0013_recent_buckets'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArticleMerge',
            fields=[
                ('article_id', models.UUIDField(primary_key=True, serialize=False)),
                ('into_id', models.UUIDField()),
                ('merged_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('settled', models.BooleanField(default=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='defaultpolicy',
            name='reactions_defaultpolicy_section_or_tag',
        ),
        migrations.AddField(
            model_name='defaultpolicy',
            name='site',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.site'),
        ),
        migrations.AddField(
            model_name='policyrefresh',
            name='site_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='defaultpolicy',
            constraint=models.UniqueConstraint(fields=('site',), name='reactions_defaultpolicy_site', violation_error_message='This site already has a default policy.'),
        ),
        migrations.AddConstraint(
            model_name='defaultpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('section__isnull', False), ('site', None), ('tag', None)), models.Q(('section', None), ('site', None), ('tag__isnull', False)), models.Q(('section', None), ('site__isnull', False), ('tag', None)), _connector='OR'), name='reactions_defaultpolicy_for_one', violation_error_message='A default policy is for a section, a tag or a site.'),
        ),
        migrations.AddIndex(
            model_name='articlemerge',
            index=models.Index(fields=['into_id'], name='reactions_merges_into'),
        ),
        migrations.AddIndex(
            model_name='articlemerge',
            index=models.Index(condition=models.Q(('settled', False)), fields=['article_id'], name='reactions_merges_to_settle'),
        ),
        migrations.RunSQL(_FUNCTION.format(of_site=_OF_SITE), _FUNCTION.format(of_site='')),
    ]
