"""The search above the desk's list of articles: words of the text, tags, authors, days, and words with a slip."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.db.models import Q
from django.utils import timezone

from articles.models import (
    Article,
    ArticleAuthor,
    ArticleQuerySet,
    ArticleTag,
    Author,
    Section,
    Tag,
)
from articles.pages.search import matching_text

LONGEST_QUERY = 200  # characters
MOST_TERMS = 8  # each costs a scan of the index for every language
PARTS = ("headline", "slugline", "byline", "slug")  # where a part of a word is enough
TIMES = ("published_at", "publish_at", "embargoed_until", "first_created_at")

# Of the newest articles: 20,000 headlines and abstracts are read in a tenth of a second, once in ten minutes.
VOCABULARY_ARTICLES = 20_000
VOCABULARY_SECONDS = 600
SHORTEST_SLIP = 4  # letters; most short words are one letter from another

_TERM = re.compile(r'"[^"]*"|\S+')
_WORD = re.compile(r"[^\W\d_]{3,}")
_DAY = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_DAY_IN_WORDS = re.compile(r"\b(\d{1,2})\.?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Found:
    articles: ArticleQuerySet
    corrected: Mapping[
        str, str
    ]  # words that no article has, and those that were looked for instead


def find(articles: ArticleQuerySet, query: str) -> Found:
    """The articles that have every term: a word, a phrase in quotation marks, or a day or month."""
    terms = _terms(query)
    found = _with_terms(articles, terms)
    if not terms or found.exists():
        return Found(found, {})
    corrected = _corrected(terms)
    if not corrected:
        return Found(found, {})
    return Found(_with_terms(articles, [corrected.get(term, term) for term in terms]), corrected)


def _terms(query: str) -> list[str]:
    """At most MOST_TERMS; a day in words becomes one term as ISO 8601 writes it."""
    text = _DAY_IN_WORDS.sub(_iso_day, query.replace("\0", " ")[:LONGEST_QUERY])
    terms = [term.strip('"').strip() for term in _TERM.findall(text)]
    return [term for term in terms if term][:MOST_TERMS]


def _iso_day(day: re.Match[str]) -> str:
    month = day[2][:3].lower()
    if month not in _MONTHS:
        return day[0]
    return f"{day[3]}-{_MONTHS.index(month) + 1:02}-{int(day[1]):02}"


def _with_terms(articles: ArticleQuerySet, terms: Sequence[str]) -> ArticleQuerySet:
    for term in terms:
        articles = articles.filter(_in_period(term) or _has(term))
    return articles


def _has(term: str) -> Q:
    """Whether the text has the word in any form, or a headline, address, tag or author has it as a part."""
    matches = Q(pk__in=matching_text(f'"{term}"').values("pk"))
    for part in PARTS:
        matches |= Q(**{f"{part}__icontains": term})
    tags = ArticleTag.objects.filter(tag__name__icontains=term)
    authors = ArticleAuthor.objects.filter(author__name__icontains=term)
    return matches | Q(pk__in=tags.values("article")) | Q(pk__in=authors.values("article"))


def _in_period(term: str) -> Q | None:
    """Whether the article was out, is due, or was written in that day or month of the desk's zone."""
    if not (found := _DAY.fullmatch(term)):
        return None
    try:
        first = date(int(found[1]), int(found[2]), int(found[3] or 1))
        last = first if found[3] else (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        end = first + timedelta(days=1) if found[3] else last
        begin, end_at = _midnight(first), _midnight(end)
    except (ValueError, OverflowError):
        return None
    matches = Q()
    for name in TIMES:
        matches |= Q(**{f"{name}__gte": begin, f"{name}__lt": end_at})
    return matches


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=timezone.get_current_timezone())


def _corrected(terms: Iterable[str]) -> dict[str, str]:
    """For each term that no article has: the most frequent of the words that are nearest to it."""
    words = _vocabulary(int(time.time() // VOCABULARY_SECONDS))
    corrected = {}
    for term in terms:
        word = term.casefold()
        if word in words or len(word) < SHORTEST_SLIP or not _WORD.fullmatch(word):
            continue
        if best := _nearest(word, words):
            corrected[term] = best
    return corrected


@lru_cache(maxsize=1)
def _vocabulary(period: int) -> Mapping[str, int]:
    """The words of headlines, abstracts, bylines and labels, with how often they occur."""
    rows = Article.objects.order_by("-version_created_at").values_list(
        "headline", "subheadline", "abstract", "byline"
    )
    words: Counter[str] = Counter()
    for row in rows[:VOCABULARY_ARTICLES]:
        words.update(_WORD.findall(" ".join(row).casefold()))
    for model in (Tag, Author, Section):
        for name in model.objects.values_list("name", flat=True):
            words.update(_WORD.findall(name.casefold()))
    return words


def clear_vocabulary() -> None:
    _vocabulary.cache_clear()


def _nearest(word: str, words: Mapping[str, int]) -> str | None:
    """One slip is allowed, in a word of eight letters and more two."""
    most = 1 if len(word) < 8 else 2
    near = [
        (distance, -count, other)
        for other, count in words.items()
        if abs(len(other) - len(word)) <= most
        and (distance := _distance(word, other, most)) <= most
    ]
    return min(near)[2] if near else None


def _distance(one: str, other: str, most: int) -> int:
    """Letters to insert, delete, replace or swap with their neighbour; more than `most` where it is more."""
    # Each slip leaves a word with at most one letter more or less that the other lacks.
    if sum((Counter(one) - Counter(other)).values()) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, last, row = row, before, [i] + [0] * len(other)
        for j, another in enumerate(other, start=1):
            row[j] = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == another:
                row[j] = min(row[j], last[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]
