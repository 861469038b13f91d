"""The words of an alert: what was measured, what is usual, and the page that shows more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from articles.models import Article
from reactions.alerts.links import story_url, wave_url
from reactions.kinds import KINDS
from reactions.models import Alert, AlertRule
from reactions.moderation.rules import LABELS

_KIND_NAMES = {kind.bit: kind.label for kind in KINDS}


@dataclass(frozen=True)
class AlertText:
    """An alert in words. `sentences` have the figure first, then what is usual."""

    headline: str
    title: str
    sentences: Sequence[str]
    link: str
    link_text: str

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def headlines(alerts: Collection[Alert]) -> dict[UUID, str]:
    """The headlines of the stories that they are about, in one query."""
    ids = {alert.article_id for alert in alerts}
    return dict(Article.objects.filter(pk__in=ids).values_list("pk", "headline")) if ids else {}


def text_of(alert: Alert, headline: str) -> AlertText:
    """Safe for every stored alert: a kind or rule that is no more has its number or name."""
    headline = headline or "A story that is gone"
    if alert.rule == AlertRule.WAVE:
        return AlertText(
            headline,
            f"Wave held: “{headline}”",
            _wave(alert.figures),
            wave_url(alert.wave_id or 0),
            "Decide about the wave",
        )
    if alert.rule == AlertRule.MOOD:
        kind = _KIND_NAMES.get(alert.kind or 0, f"kind {alert.kind}")
        sentences, title = _mood(alert.figures, kind), f"Mood turn to {kind.lower()}: “{headline}”"
    else:
        sentences, title = _spike(alert.figures), f"Spike: “{headline}”"
    return AlertText(headline, title, sentences, story_url(alert.article_id), "See the story")


def _spike(figures: Mapping[str, Any]) -> list[str]:
    whose = "stories of its section" if figures["of_section"] else "stories"
    return [
        f"{reactions(figures['hour'])} in the last hour.",
        f"At this age {whose} usually have {_number(figures['usual'])} in an hour,"
        f" and 95 of 100 have no more than {_number(figures['high'])}.",
        f"The whole site had {reactions(figures['site_hour'])}.",
    ]


def _mood(figures: Mapping[str, Any], kind: str) -> list[str]:
    return [
        f"{kind}: {_part(figures['of_kind'], figures['hour'])} in the last hour.",
        f"Before, it was {_part(figures['of_kind_before'], figures['before'])}.",
        "It says how readers feel about the news, not how good the story is.",
    ]


def _wave(figures: Mapping[str, Any]) -> list[str]:
    networks, rule = figures["networks"], LABELS.get(figures["rule"], figures["rule"])
    more = " or more" if networks >= 1_000 else ""
    from_ = f"{networks:,} network{'' if networks == 1 else 's'}{more}"
    held = figures["held"]
    return [
        f"{reactions(held)} {'is' if held == 1 else 'are'} held, from {from_}.",
        f"The rule: {rule[0].lower()}{rule[1:]}.",
        "They are not counted until an editor releases them.",
    ]


def reactions(count: int) -> str:
    return f"{count:,} reaction{'' if count == 1 else 's'}"


def _part(part: int, whole: int) -> str:
    return f"{part:,} of {reactions(whole)} ({round(100 * part / whole)} %)"


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 10 or figure == int(figure) else f"{figure:.1f}"
