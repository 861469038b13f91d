"""The audit log: records who did what, with the values before and after. docs/decisions/0053-audit-log.md.

The entry is written in the transaction of the act: none without the other. Contents of articles are in their versions,
which no one changes; their entries name the version.
"""

import getpass
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from articles.models import ActorKind, AuditEntry

logger = logging.getLogger(__name__)

if TYPE_CHECKING:  # a process that reads counts alone has no users
    from django.contrib.auth.models import User

# Characters of one value; a longer text is cut.
_LONGEST = 2_000
# Rows that one statement of the retention deletes.
_BATCH = 5_000
_HIDDEN = "•••"
# Fields whose values are in no log.
_SECRET = re.compile(r"(?:^|_)(?:password|passwords|secret|secrets|secret_hash|token|tokens)$")
_IN_ADDRESS = re.compile(
    r"(//)[^/@\s]+@|((?:key|token|secret|password|signature)=)[^&\s]+", re.IGNORECASE
)
# Change without an act of anyone: times that programs note.
_UNAUDITED = {"last_login", "last_used_at", "updated_at", "rendered", "due_at", "attempts"}


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    name: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that is no row of a table, or whose row is not at hand."""

    type: str
    id: str = ""
    name: str = ""


class Secret(str):
    """A value that is compared, and never shown."""


Values = Mapping[str, Any]
_acting: ContextVar[Callable[[], Actor | None] | None] = ContextVar("acting", default=None)


@contextmanager
def acting(find_actor: Callable[[], Actor | None]) -> Iterator[None]:
    """Acts inside are those of the actor that this function finds when one is recorded; None: of the process."""
    before = _acting.set(find_actor)
    try:
        yield
    finally:
        _acting.reset(before)


def current_actor() -> Actor:
    """Who acts: the user or key of the request, else the command, else the worker itself."""
    find = _acting.get()
    if find and (actor := find()):
        return actor
    if settings.PROCESS == "command":
        name = sys.argv[1] if len(sys.argv) > 1 else "shell"
        return Actor(ActorKind.COMMAND, f"manage.py {name}"[:150], _machine_account())
    return Actor(ActorKind.SYSTEM, settings.PROCESS)


def user_actor(user: "User") -> Actor:
    return Actor(ActorKind.USER, user.get_username(), str(user.pk))


def record(
    action: str,
    subject: models.Model | Named,
    *,
    before: Values | None = None,
    after: Values | None = None,
    note: str = "",
    actor: Actor | None = None,
) -> None:
    """Record an act. Of `before` and `after` what is the same in both is left out; secrets are hidden."""
    entry = _entry(action, subject, before or {}, after or {}, note, actor or current_actor())
    entry.save(force_insert=True)


def record_many(
    action: str, subjects: Iterable[tuple[Named, Values, Values]], note: str = ""
) -> None:
    """The same act on many objects, in one statement."""
    actor = current_actor()
    AuditEntry.objects.bulk_create(
        _entry(action, subject, before, after, note, actor) for subject, before, after in subjects
    )


def record_versions(
    action: str, versions: Sequence[tuple[UUID, str, Values]], *, note: str, editor: str
) -> None:
    """An act that made versions of articles: the id and headline of each, and what the entry says of the new one."""
    actor = current_actor()
    if actor.kind in {ActorKind.SYSTEM, ActorKind.COMMAND} and editor:
        actor = Actor(actor.kind, editor[:150], actor.id)
    AuditEntry.objects.bulk_create(
        _entry(action, Named("article", str(pk), headline), {}, after, note, actor)
        for pk, headline, after in versions
    )


def values_of(row: models.Model) -> dict[str, Any]:
    """The columns and relations of a row as the log shows them; secrets can be compared and not be seen."""
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in _UNAUDITED or field.primary_key:
            continue
        value = getattr(row, field.name) if field.is_relation else field.value_from_object(row)
        values[field.name] = _value(field.name, value)
    for relation in row._meta.many_to_many:
        values[relation.name] = sorted(_label(each) for each in getattr(row, relation.name).all())
    return values


def describe(row: models.Model) -> Named:
    return Named(row._meta.model_name or "", str(row.pk), str(row))


def purge_audit_log() -> int:
    """Delete what is older than AUDIT_LOG_DAYS; 0: nothing ever is. Returns how many entries. Safe to repeat.

    The only place that tells the trigger of the table to let entries go, and only for its own transactions. Where the
    role of this process may not delete them (deploy/roles.sql), it deletes none and warns if there are any.
    """
    if not settings.AUDIT_LOG_DAYS:
        return 0
    ends = timezone.now() - timedelta(days=settings.AUDIT_LOG_DAYS)
    if not may_purge():
        if AuditEntry.objects.filter(at__lt=ends).exists():
            logger.warning(
                "The audit log has entries older than AUDIT_LOG_DAYS: run manage.py purge_audit_log as the owner."
            )
        return 0
    deleted = 0
    while True:
        with transaction.atomic():
            # Uses index: articles_audit_by_time.
            old = AuditEntry.objects.filter(at__lt=ends).order_by("at").values("pk")[:_BATCH]
            keys = list(old.values_list("pk", flat=True))
            _let_entries_go("on")
            count, _ = AuditEntry.objects.filter(pk__in=keys).delete()
            _let_entries_go("off")
        deleted += count
        if count < _BATCH:
            return deleted


def may_purge() -> bool:
    """Whether the role of this process may delete entries at all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('articles_auditentry', 'DELETE')")
        ((may_delete,),) = cursor.fetchall()
    return bool(may_delete)


def _let_entries_go(switch: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('newsroom.audit_retention', %s, true)", [switch])


def _entry(
    action: str,
    subject: models.Model | Named,
    before: Values,
    after: Values,
    note: str,
    actor: Actor,
) -> AuditEntry:
    named = describe(subject) if isinstance(subject, models.Model) else subject
    old, new = _differences(before, after)
    return AuditEntry(
        actor_kind=actor.kind,
        actor=_cut(actor.name, 150),
        actor_id=_cut(actor.id, 150),
        action=action,
        object_type=_cut(named.type, 40),
        object_id=_cut(named.id, 64),
        object_name=_cut(_redact(named.name), 200),
        before=old,
        after=new,
        note=_cut(note, _LONGEST),
    )


def _differences(before: Values, after: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    if before and after:
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    else:
        names = list({**before, **after})
    old = {name: _shown(before[name]) for name in names if name in before}
    new = {name: _shown(after[name], is_another=name in before) for name in names if name in after}
    return old, new


def _shown(value: Any, *, is_another: bool = False) -> Any:
    if isinstance(value, Secret):
        return (f"{_HIDDEN} (another)" if is_another else _HIDDEN) if value else ""
    return value


def _value(name: str, value: Any) -> Any:
    if _SECRET.search(name):
        return Secret("" if value is None else repr(value))
    if isinstance(value, models.Model):
        return _label(value)
    if isinstance(value, bytes | memoryview):
        return _HIDDEN
    if isinstance(value, str):
        return _cut(_redact(value), _LONGEST)
    if isinstance(value, models.fields.files.FieldFile):
        return str(value)
    return value


def _label(row: models.Model) -> str:
    return str(getattr(row, "name", "") or row)


def _redact(text: str) -> str:
    return _IN_ADDRESS.sub(
        lambda found: f"{found[1] or found[2]}{_HIDDEN}" + "@" * bool(found[1]), text
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _machine_account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in a container
        return ""
