"""Expiry and rotation of API keys; operation and headers of stored answers. Only the catalogue changes, no row is read."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('articles', '0014_labels')]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='expires_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='expires'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_key_valid_until',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='old secret valid until'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_secret_hash',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='idempotencykey',
            name='operation',
            field=models.CharField(db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='idempotencykey',
            name='response_headers',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
