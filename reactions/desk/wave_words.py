"""The words of a wave: the rule that held it, what looks like it, and times as the desk writes them."""

from datetime import datetime

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime

from reactions.moderation.rules import LABELS, RULES

# What a rule holds, with its limit, and what an editor may think of.
_WORDS = {
    "network_story": (
        "First reactions from one network beyond {limit} in an hour, or more where very many others react."
        " What came before them was counted.",
        "A lecture hall, an office and a script all look like this.",
    ),
    "network_day": (
        "First reactions from one network beyond {limit} in a day, or more where very many others react."
        " What came before them was counted.",
        "A large office looks like this, and a script that takes its time.",
    ),
    "network_minute": (
        "First reactions from one network beyond {limit} in a minute, over all stories.",
        "A class that was given several stories looks like this, and a script that visits them all.",
    ),
    "surge": (
        "More than {limit} first reactions in a minute, and far more than is usual for the story, from clients that"
        " never loaded its page.",
        "A script behind many addresses looks like this. A push message sends readers who load the page.",
    ),
    "unread": (
        "Beyond {limit} in an hour, more first reactions from clients that never loaded the page than from readers who did.",
        "A slow script behind many addresses looks like this.",
    ),
}


def rule_in_words(name: str) -> list[str]:
    """What the rule holds at the limit of today, and what looks like it; of a rule that is no more, its name."""
    limits = {rule.name: settings.REACTIONS_LIMITS[rule.limit.setting] for rule in RULES}
    words = _WORDS.get(name, (LABELS.get(name, name),))
    return [each.replace("{limit}", f"{limits.get(name, 0):,}") for each in words]


def at(moment: datetime, *, after: datetime | None = None) -> str:
    """A moment in the user's zone and language; without its day where that is the day of `after`."""
    local = localtime(moment)
    is_same_day = after is not None and localtime(after).date() == local.date()
    return date_format(local, "TIME_FORMAT" if is_same_day else "DATETIME_FORMAT")
