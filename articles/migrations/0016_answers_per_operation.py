"""A stored answer belongs to a program's key, an operation and an Idempotency-Key; an index of drafts. Built while programs write."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OLD, NEW = 'articles_answer_once', 'articles_answer_per_operation'
TABLE = 'articles_idempotencykey'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('articles', '0015_keys')]

    operations = [
        AddIndexConcurrently(
            model_name='article',
            index=models.Index(
                condition=models.Q(('state__in', ('draft', 'in_review', 'scheduled', 'unpublished', 'spiked'))),
                fields=['id'],
                name='articles_worked_on',
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name='idempotencykey', name=OLD),
                migrations.AddConstraint(
                    model_name='idempotencykey',
                    constraint=models.UniqueConstraint(fields=('api_key', 'operation', 'key'), name=NEW),
                ),
            ],
            database_operations=[
                # What an interrupted run left behind is not valid.
                migrations.RunSQL(
                    f'DROP INDEX CONCURRENTLY IF EXISTS {NEW}', migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    f'CREATE UNIQUE INDEX CONCURRENTLY {NEW} ON {TABLE} (api_key_id, operation, key)',
                    # Two answers of one key, each of another operation, have no place in the former index.
                    f'DELETE FROM {TABLE}; '
                    f'ALTER TABLE {TABLE} ADD CONSTRAINT {OLD} UNIQUE (api_key_id, key)',
                ),
                migrations.RunSQL(
                    f'ALTER TABLE {TABLE} ADD CONSTRAINT {NEW} UNIQUE USING INDEX {NEW}',
                    f'ALTER TABLE {TABLE} DROP CONSTRAINT {NEW}',
                ),
                migrations.RunSQL(
                    f'ALTER TABLE {TABLE} DROP CONSTRAINT {OLD}', migrations.RunSQL.noop
                ),
            ],
        ),
    ]
