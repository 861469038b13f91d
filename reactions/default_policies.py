"""Default policies: what the articles of a section or site, or with a tag, accept. In force with the commit, for statements read them.

The cached counts of those articles, which contain the policy, are refreshed in batches: an outbox says whose, so that
a killed worker loses nothing.
"""

import time
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from articles import audit
from reactions.counting.cache_writer import write_counts
from reactions.models import DefaultPolicy, PolicyRefresh
from reactions.sql import row, rows

# Articles refreshed by one statement: an aggregation that meets one of them waits some ten milliseconds at most.
_BATCH = 500
# Half of the time between two calls: one process of the worker is always free to aggregate.
_SECONDS = 0.5
# A version that another transaction is creating: then the batch is tried again in the next round.
_LOCK_MILLISECONDS = 250


@transaction.atomic
def save_default_policy(policy: DefaultPolicy) -> None:
    """Put a default policy in force, new or changed."""
    before = list(DefaultPolicy.objects.select_for_update().filter(pk=policy.pk))
    _request_refresh([*before, policy])
    old = audit.values_of(before[0]) if before else {}
    policy.save()
    action = "changed" if before else "added"
    audit.record(action, policy, before=old, after=audit.values_of(policy))


@transaction.atomic
def delete_default_policies(policies: Iterable[DefaultPolicy]) -> None:
    """Take default policies out of force; their articles fall back to the others that apply."""
    deleted = list(policies)
    _request_refresh(deleted)
    for policy in deleted:
        audit.record("deleted", policy, before=audit.values_of(policy))
    DefaultPolicy.objects.filter(pk__in=[policy.pk for policy in deleted]).delete()


def refresh_articles(*, seconds: float = _SECONDS) -> int:
    """Refresh the cached counts of articles whose default policy changed, for so long at most; returns how many.

    Safe to repeat and to kill; the next call continues. Each batch is written by the call that refreshes it, so that
    what aggregation counts meanwhile never waits behind it.
    """
    refreshed, ends_at = 0, time.monotonic() + seconds
    while found := _refresh_batch():
        refreshed += len(found[0])
        write_counts(found[0])
        if time.monotonic() >= ends_at:
            break
    return refreshed


def _refresh_batch() -> tuple[Sequence[UUID]] | None:
    """The articles of the next batch, with new count versions; None where none waits."""
    with transaction.atomic():
        rows("limit_lock_waits", {"milliseconds": _LOCK_MILLISECONDS})
        return row("refresh_articles", {"most": _BATCH})


def _request_refresh(policies: Iterable[DefaultPolicy]) -> None:
    labels = {(policy.section_id, policy.tag_id, policy.site_id) for policy in policies}
    PolicyRefresh.objects.bulk_create(
        PolicyRefresh(section_id=section, tag_id=tag, site_id=site) for section, tag, site in labels
    )
