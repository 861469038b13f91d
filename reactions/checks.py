"""System checks of the site's kinds, limits and public rankings, at every start; and whether the kinds fit the counts in the database."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import ProgrammingError

from reactions.cache.redis import memory_policy
from reactions.kinds import KINDS, Kind
from reactions.known_kinds import list_counted_kinds
from reactions.models import MOST_DAYS

# Policies that evict only keys with a lifetime, which counts have and messages have not.
_HARMLESS = {"volatile-ttl", "volatile-lru", "volatile-lfu", "volatile-random", ""}

_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
_ACTION = re.compile(r"[A-Z][A-Za-z]*Action")
_HINT = "See REACTIONS_KINDS in docs/operations.md."


@register(Tags.compatibility)
def check_kinds(**_: Any) -> list[CheckMessage]:
    return list(find_faults(KINDS))


@register(Tags.compatibility)
def check_days(**_: Any) -> list[CheckMessage]:
    days = settings.REACTIONS_CLOSE_AFTER_DAYS
    if 0 <= days <= MOST_DAYS:
        return []
    return [
        Error(f"REACTIONS_CLOSE_AFTER_DAYS is not 0 to {MOST_DAYS}: {days}.", id="reactions.E008")
    ]


@register(Tags.compatibility)
def check_per_reader(**_: Any) -> list[CheckMessage]:
    most = settings.REACTIONS_PER_READER
    if 1 <= most <= len(KINDS):
        return []
    return [Error(f"REACTIONS_PER_READER is not 1 to {len(KINDS)}: {most}.", id="reactions.E009")]


@register(Tags.compatibility)
def check_public_rankings(**_: Any) -> list[CheckMessage]:
    offered = [kind.key for kind in KINDS if not kind.retired]
    return [
        Error(
            f"REACTIONS_PUBLIC_RANKINGS names what is no reaction that readers are offered: {key!r}.",
            hint=f"Those offered are {', '.join(offered)}. {_HINT}",
            id="reactions.E011",
        )
        for key in settings.REACTIONS_PUBLIC_RANKINGS
        if key not in offered
    ]


@register(Tags.database)
def check_eviction(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """What REDIS_URL does when it is full, where the broker is the same server. Runs as `check_counted_kinds` does."""
    if "default" not in (databases or ()) or not _is_the_broker(settings.REDIS_URL):
        return []
    policy, memory = memory_policy() or ("", 0)
    if policy in _HARMLESS or (policy == "noeviction" and not memory):
        return []
    effect = (
        "refuses every write, Celery's messages included"
        if policy == "noeviction"
        else "may evict Celery's messages"
    )
    return [
        CheckWarning(
            f"REDIS_URL is the broker too, and with maxmemory-policy {policy} a full server {effect}.",
            hint="Set maxmemory-policy to volatile-ttl, or CELERY_BROKER_URL to another server.",
            id="reactions.W010",
        )
    ]


def _is_the_broker(redis_url: str) -> bool:
    """Whether both URLs name one server, whatever the number of the database."""
    cache, broker = (
        urlsplit(url.replace("redis+socket", "unix"))
        for url in (redis_url, settings.CELERY_BROKER_URL)
    )
    if "unix" in (cache.scheme, broker.scheme) or not broker.scheme.startswith("redis"):
        return (cache.scheme, cache.path) == (broker.scheme, broker.path)
    return (cache.hostname, cache.port or 6379) == (broker.hostname, broker.port or 6379)


@register(Tags.database)
def check_counted_kinds(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether a kind that readers chose is gone, or its bit has another key: with `check --database default`, and `migrate`."""
    if "default" not in (databases or ()):
        return []
    try:
        counted = list_counted_kinds()
    except ProgrammingError:  # the tables do not exist yet
        return []
    return list(find_changes(KINDS, counted))


def find_changes(
    kinds: Sequence[Kind], counted: Mapping[int, str | None]
) -> Iterable[CheckMessage]:
    """What does not fit the counts: by bit the key under which it was counted, None where that is not known."""
    keys = {kind.bit: kind.key for kind in kinds}
    for bit, key in sorted(counted.items()):
        if bit not in keys:
            yield Error(
                f"The counts have a reaction with the bit {bit}, which no kind has.",
                hint=f"Put the kind back, with `retired = true`. {_HINT}",
                id="reactions.E006",
            )
        elif key and key != keys[bit]:
            yield Error(
                f"The bit {bit} was counted as {key!r}, and is now of {keys[bit]!r}.",
                hint=(
                    f"Give {keys[bit]!r} a bit of its own. If it is {key!r} under another key:"
                    f" `manage.py rename_kind {key} {keys[bit]}`. {_HINT}"
                ),
                id="reactions.E010",
            )


def find_faults(kinds: Sequence[Kind]) -> Iterable[CheckMessage]:
    """The faults of a list of kinds."""
    for key in _twice(kind.key for kind in kinds):
        yield Error(f"Two kinds have the key {key!r}.", hint=_HINT, id="reactions.E001")
    for bit in _twice(kind.bit for kind in kinds):
        yield Error(f"Two kinds have the bit {bit}.", hint=_HINT, id="reactions.E002")
    for kind in kinds:
        if not _KEY.fullmatch(kind.key):
            hint = (
                "A key has small letters, digits and _, begins with a letter, and has 30 at most."
            )
            yield Error(f"{kind.key!r} is not a key.", hint=hint, id="reactions.E003")
        if not kind.label.strip() or not kind.emoji.strip():
            yield Error(f"{kind.key!r} lacks a label or an emoji.", hint=_HINT, id="reactions.E004")
        if not _ACTION.fullmatch(kind.schema_action):
            hint = "Such as ReactAction, LikeAction, AgreeAction."
            found = f"{kind.schema_action!r} of {kind.key!r} is no action of schema.org."
            yield Error(found, hint=hint, id="reactions.E005")
    if all(kind.retired for kind in kinds):
        yield Error("No kind is offered.", hint="One must not be retired.", id="reactions.E007")


def _twice(values: Iterable[Any]) -> list[Any]:
    return sorted(value for value, count in Counter(values).items() if count > 1)
