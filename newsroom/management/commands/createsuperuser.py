"""`manage.py createsuperuser`: Django's, with an entry in the audit log."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User

from articles import audit


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        known = list(User.objects.filter(is_superuser=True).values_list("pk", flat=True))
        said: str | None = super().handle(*args, **options)
        for user in User.objects.filter(is_superuser=True).exclude(pk__in=known):
            audit.record("added", user, after=audit.values_of(user))
        return said
