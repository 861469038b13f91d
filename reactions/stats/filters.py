"""Reads the filters of a query: which stories, kinds and sections its figures are of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from articles.formats.slugs import is_address_of_id
from articles.models import Article, Author, Section, Site, Source, Tag
from reactions.kinds import BY_KEY
from reactions.sql.figures import Condition, patterns_of_headlines, patterns_of_languages
from reactions.stats.scope import Scope
from reactions.stats.windows import QueryRefused

OPERATORS = ("is", "is_not", "contains")
DIMENSIONS = (
    *("kind", "article", "section", "section_at_event", "author", "tag"),
    *("source", "language", "site"),
)
MOST_FILTERS = 20
MOST_VALUES = 200
LONGEST_VALUE = 300

# What a value of a dimension names, and by which column.
_NAMED: Mapping[str, tuple[Any, str]] = {
    "section": (Section, "slug"),
    "section_at_event": (Section, "slug"),
    "author": (Author, "slug"),
    "tag": (Tag, "slug"),
    "source": (Source, "name"),
    "site": (Site, "name"),
}
_NEVER_NONE = {"kind", "article"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What figures.sql needs of them. `kinds` are bits; None: every kind."""

    conditions: Sequence[Condition] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    kinds: list[int] | None = None

    @property
    def at_event(self) -> bool:
        return any(each.dimension == "section_at_event" for each in self.conditions)

    @property
    def of_articles(self) -> bool:
        return any(each.dimension != "section_at_event" for each in self.conditions)


def read_filters(value: object, scope: Scope) -> Filters:
    """`["is" or "is_not", dimension, [values]]` and `["contains", "headline", [texts]]`; all of them hold.

    A value is the key of a kind, an id or slug of an article, the slug of a section, author or tag, the name of a
    source or site, a language, or None: those that have none. Raises QueryRefused for what is not there, and in the
    same words for an article that is not of the scope.
    """
    if not isinstance(value, (list, tuple)):
        raise QueryRefused("filters", "not_a_list", "A list of filters is needed.")
    if len(value) > MOST_FILTERS:
        raise QueryRefused("filters", "too_many", f"At most {MOST_FILTERS} filters.")
    conditions: list[Condition] = []
    parameters: dict[str, Any] = {}
    kinds = set(BY_KEY)
    for number, each in enumerate(value):
        operator, dimension, values = _read(each, f"filters.{number}")
        if dimension == "kind":
            chosen = set(_kinds(values, f"filters.{number}.2"))
            kinds = kinds & chosen if operator == "is" else kinds - chosen
            continue
        name = f"filter_{number}"
        found = _values(dimension, values, f"filters.{number}.2", scope)
        conditions.append(Condition(dimension, operator == "is_not", name, None in values))
        parameters[name] = found
    bits = None if kinds == set(BY_KEY) else sorted(BY_KEY[key].bit for key in kinds)
    return Filters(conditions, parameters, bits)


def _read(value: object, field: str) -> tuple[str, str, list[str | None]]:
    if not isinstance(value, (list, tuple)) or len(value) != 3:
        raise QueryRefused(
            field, "not_a_filter", 'A filter is such as ["is", "section", ["politics"]].'
        )
    operator, dimension, values = value
    if operator not in OPERATORS:
        raise QueryRefused(f"{field}.0", "unknown", f"One of {', '.join(OPERATORS)}.")
    known = ("headline",) if operator == "contains" else DIMENSIONS
    if dimension not in known:
        raise QueryRefused(f"{field}.1", "unknown", f"One of {', '.join(known)}.")
    if not isinstance(values, (list, tuple)) or not 0 < len(values) <= MOST_VALUES:
        raise QueryRefused(
            f"{field}.2", "not_a_list", f"A list of values, from 1 to {MOST_VALUES}, is needed."
        )
    for place, each in enumerate(values):
        has_none = each is None and operator != "contains" and dimension not in _NEVER_NONE
        if not has_none and not _is_text(each):
            raise QueryRefused(
                f"{field}.2.{place}", "not_a_text", "A value is a text that can be stored."
            )
    return operator, dimension, list(values)


def _is_text(value: object) -> bool:
    """Without what PostgreSQL cannot store."""
    if isinstance(value, UUID):
        return True
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE or "\0" in value:
        return False
    return not any("\ud800" <= each <= "\udfff" for each in value)


def _kinds(values: Sequence[str | None], field: str) -> Iterable[str]:
    for place, each in enumerate(values):
        if each not in BY_KEY:
            raise QueryRefused(f"{field}.{place}", "unknown", f"One of {', '.join(BY_KEY)}.")
        yield each


def _values(
    dimension: str, values: Sequence[str | None], field: str, scope: Scope
) -> Sequence[Any]:
    texts = [each for each in values if each is not None]
    if dimension == "headline":
        return patterns_of_headlines(texts)
    if dimension == "language":
        return patterns_of_languages(texts)
    known = _articles(texts, scope) if dimension == "article" else _named(dimension, texts)
    found = []
    for place, each in enumerate(values):
        if each is None:
            continue
        if (key := known.get(str(each).lower())) is None:
            noun = dimension.partition("_")[0]
            raise QueryRefused(f"{field}.{place}", "unknown", f"There is no such {noun} here.")
        found.append(key)
    return found


def _named(dimension: str, texts: Sequence[str]) -> dict[str, int]:
    model, column = _NAMED[dimension]
    any_of = Q()
    for each in {text.lower() for text in texts}:
        any_of |= Q(**{f"{column}__iexact": each})
    if not texts:
        return {}
    return {
        name.lower(): key for name, key in model.objects.filter(any_of).values_list(column, "pk")
    }


def _articles(texts: Sequence[str | UUID], scope: Scope) -> dict[str, UUID]:
    ids = {id_ for each in texts if (id_ := _uuid(each))}
    slugs = {str(each) for each in texts}
    found = Article.objects.filter(Q(pk__in=ids) | Q(slug__in=slugs)).values_list("pk", "slug")
    known: dict[str, UUID] = {}
    for article_id, slug in found:
        if scope.includes(article_id):
            known |= {str(article_id): article_id, slug.lower(): article_id}
    return known


def _uuid(value: str | UUID) -> UUID | None:
    return UUID(str(value)) if is_address_of_id(str(value)) else None
