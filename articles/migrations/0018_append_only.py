"""The audit log cannot be changed, and begins with what Django's admin logged."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import migrations

_CREATE = """
CREATE FUNCTION articles_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What articles.audit.purge_audit_log sets for its own transaction.
  IF TG_OP = 'DELETE' AND current_setting('newsroom.audit_retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'The audit log is append-only: % refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER articles_audit_append_only BEFORE UPDATE OR DELETE ON articles_auditentry
  FOR EACH ROW EXECUTE FUNCTION articles_audit_append_only();
"""
_DROP = """
DROP TRIGGER articles_audit_append_only ON articles_auditentry;
DROP FUNCTION articles_audit_append_only();
"""
_ACTIONS = {1: 'added', 2: 'changed', 3: 'deleted'}
_CHUNK = 1_000


def copy_log(apps: Any, editor: Any) -> None:
    """Only entries of the desk's users: few."""
    entries = apps.get_model('articles', 'AuditEntry').objects
    log = apps.get_model('admin', 'LogEntry').objects.select_related('user', 'content_type').order_by('pk')
    new = []
    for old in log.iterator(_CHUNK):
        new.append(
            entries.model(
                at=old.action_time,
                actor_kind='user',
                actor=old.user.username,
                actor_id=str(old.user_id),
                action=_ACTIONS.get(old.action_flag, 'changed'),
                object_type=old.content_type.model if old.content_type else '',
                object_id=(old.object_id or '')[:64],
                object_name=old.object_repr[:200],
                note=LogEntry(change_message=old.change_message).get_change_message(),
            )
        )
        if len(new) == _CHUNK:
            entries.bulk_create(new)
            new = []
    entries.bulk_create(new)


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0017_audit_and_sessions'),
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.RunPython(copy_log, migrations.RunPython.noop),
        migrations.RunSQL(_CREATE, _DROP),
    ]
