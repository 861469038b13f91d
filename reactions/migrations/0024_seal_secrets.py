"""The secrets of webhooks are sealed (articles/sealed.py), by a task within a day: processes of the release before read them."""

from typing import Any

from django.db import migrations

import articles.sealed
import reactions.models.webhooks


def unseal(apps: Any, editor: Any) -> None:
    for column in ('secret', 'old_secret'):
        articles.sealed.unseal_stored(articles.sealed.Column('reactions_webhookendpoint', column))


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0023_delivery_ids'),
    ]

    operations = [
        migrations.AlterField(
            model_name='webhookendpoint',
            name='old_secret',
            field=articles.sealed.SealedField(blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='secret',
            field=articles.sealed.SealedField(default=reactions.models.webhooks.new_secret, editable=False),
        ),
        migrations.RunPython(migrations.RunPython.noop, unseal),
    ]
