"""What the stories of a section or with a tag take. A preset is in force with its commit: statements read it.

What was told of those stories before, in Redis, is told anew in batches: an outbox says which, so that
a killed worker loses nothing.
"""

from collections.abc import Iterable

from django.db import transaction

from reactions.counting.cache_writer import publish_waiting
from reactions.models import Preset, Renewal
from reactions.sql import row

# Stories renewed by one statement: a fold that meets one of them waits some ten milliseconds at most.
_BATCH = 1_000


@transaction.atomic
def save_preset(preset: Preset) -> None:
    """Put a preset in force, new or changed."""
    before = Preset.objects.select_for_update().filter(pk=preset.pk)
    _renew_later([*before, preset])
    preset.save()


@transaction.atomic
def remove_presets(presets: Iterable[Preset]) -> None:
    """Take presets out of force; their stories take again what else is said of them."""
    gone = list(presets)
    _renew_later(gone)
    Preset.objects.filter(pk__in=[preset.pk for preset in gone]).delete()


def renew_stories() -> int:
    """Have the stories of changed presets told anew; returns how many. Safe to repeat and to be killed in."""
    told = 0
    while found := row("renew_stories", {"most": _BATCH}):
        told += found[0]
        publish_waiting()
    return told


def _renew_later(presets: Iterable[Preset]) -> None:
    labels = {(preset.section_id, preset.tag_id) for preset in presets}
    Renewal.objects.bulk_create(Renewal(section_id=section, tag_id=tag) for section, tag in labels)
