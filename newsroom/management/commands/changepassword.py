"""`manage.py changepassword`: Django's, which also ends the user's sessions, with an entry in the audit log."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User

from articles import audit
from articles.accounts import end_sessions


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        before = dict(User.objects.values_list("pk", "password"))
        said: str | None = super().handle(*args, **options)
        for user in User.objects.filter(pk__in=before):
            if user.password != before[user.pk]:
                ended = end_sessions(user)
                audit.record("password changed", user, note=f"Sessions that ended: {ended}.")
        return said
