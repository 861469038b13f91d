"""`manage.py purge_audit_log`: deletes entries of the audit log that are older than AUDIT_LOG_DAYS; prints how many.

For the owner of the tables, where the processes run as a role that may not.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import audit


class Command(BaseCommand):
    help = "Deletes entries of the audit log that are older than AUDIT_LOG_DAYS."

    def handle(self, **_: Any) -> None:
        if not audit.may_purge():
            raise CommandError(
                "This role of PostgreSQL may not delete them: run it as the owner of the tables."
            )
        self.stdout.write(f"entries deleted: {audit.purge_audit_log()}")
