"""Secrets of sites and of second factors are sealed (articles/sealed.py), by a task within a day: processes of the release
before read them."""

from typing import Any

from django.db import migrations

import articles.sealed


def unseal(apps: Any, editor: Any) -> None:
    articles.sealed.unseal_stored(articles.sealed.Column('articles_site', 'jwt_secrets'))
    articles.sealed.unseal_stored(articles.sealed.AUTHENTICATOR_KEYS)


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0021_source_schedules_default'),
        ('otp_totp', '0003_add_timestamps'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuthenticatorApp',
            fields=[],
            options={'default_permissions': (), 'proxy': True, 'indexes': [], 'constraints': []},
            bases=('otp_totp.totpdevice',),
        ),
        migrations.AlterField(
            model_name='site',
            name='jwt_secrets',
            field=articles.sealed.SealedField(blank=True, help_text='For HS256, one a line: a new one beside the old one while they are exchanged.', verbose_name='secrets'),
        ),
        migrations.RunPython(migrations.RunPython.noop, unseal),
    ]
