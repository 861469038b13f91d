"""Plausible reactions over a period, for a demonstration, for tests and for the benchmark.

Stories come out through the day, most in the morning. Readers come soon after, fewer at night; one story in fifty is
found again later. Most stories please; some anger or sadden, and a few turn. A brigade presses one kind on one story
within an hour. All that aggregation writes is written as it would have written it: reconcile finds no drift. A reaction
comes with 10 to 80 views, by the story.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from articles.ids import uuid7
from articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, State, Tag
from reactions.article_changes import note_article_change
from reactions.kinds import BY_KEY, KINDS
from reactions.models import ViewBucket
from reactions.sql import rows

QUARTER_SECONDS = 900
_QUARTERS_A_DAY = 96
# A story is read for two weeks, and most on its first day.
_QUARTERS = 14 * _QUARTERS_A_DAY
_BATCH = 250  # articles written in one transaction
# How many readers are awake, by the hour of the day.
_AWAKE = (3, 2, 1, 1, 1, 2, 5, 9, 11, 10, 9, 9, 11, 11, 9, 9, 9, 10, 11, 12, 13, 12, 9, 6)
# When stories come out, by the hour of the day.
_NEWS = (1, 1, 1, 1, 2, 5, 9, 9, 9, 8, 8, 7, 7, 7, 7, 7, 8, 8, 6, 4, 3, 2, 2, 1)
# Of a hundred stories, so many are of a tone; and of a hundred reactions of the tone, so many are of a kind.
_TONES: Sequence[tuple[int, dict[str, int]]] = (
    (52, {"like": 50, "love": 25, "wow": 10, "funny": 8, "sad": 3, "angry": 2, "dislike": 2}),
    (14, {"like": 25, "angry": 40, "dislike": 20, "sad": 8, "wow": 4, "love": 2, "funny": 1}),
    (14, {"sad": 50, "like": 15, "love": 15, "angry": 12, "wow": 5, "dislike": 2, "funny": 1}),
    (10, {"funny": 55, "like": 25, "love": 10, "wow": 6, "dislike": 2, "sad": 1, "angry": 1}),
    (10, {"like": 30, "dislike": 25, "angry": 15, "love": 12, "wow": 8, "sad": 6, "funny": 4}),
)
_ANGER = {"angry": 70, "dislike": 20, "like": 6, "sad": 4}
# Shares of stories that are found again, and whose readers turn; of readers who change their mind.
_FOUND_AGAIN, _TURNING, _CHANGED = 0.02, 0.01, 0.03
_BRIGADE = 400

_SECTIONS = ("World", "City", "Politics", "Business", "Science", "Culture", "Sport", "Opinion")
_SUBJECTS = (
    *("The council", "A ferry", "The observatory", "A small town", "The orchestra", "A court"),
    *("The library", "A choir", "The port", "A school", "The museum", "A rower", "The mayor"),
)
_VERBS = (
    *("reopens", "delays", "loses", "defends", "finds", "counts", "sells", "repairs", "paints"),
    *("measures", "forgets", "rents out", "leaves", "wins"),
)
_OBJECTS = (
    *("its oldest bridge", "the harbour plan", "a forgotten map", "the night train", "a vote"),
    *("three bells", "the lighthouse", "the long summer", "a rare comet", "the last tram"),
    *("two thousand books", "the island", "a quiet record", "the old market", "its own song"),
)


@dataclass
class Written:
    """What was written: articles, reactions, and the articles of the brigade and of readers who turned."""

    articles: int = 0
    reactions: int = 0
    brigade: UUID | None = None
    turned: list[UUID] = field(default_factory=list)


@dataclass
class _Story:
    """An article, with the reactions that it gets: by quarter of an hour and kind, what came, went and stayed."""

    id: UUID
    published_at: datetime
    size: int
    views_each: float  # for each reaction
    came: Counter[tuple[int, int]] = field(default_factory=Counter)
    left: Counter[tuple[int, int]] = field(default_factory=Counter)
    stayed: Counter[tuple[int, int]] = field(default_factory=Counter)


def make_traffic(
    *,
    stories: int,
    reactions: int,
    days: int,
    seed: int = 1,
    until: datetime | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Written:
    """Write so many articles of so many days until now, and about so many reactions to them. The same for one seed."""
    source = random.Random(seed)  # noqa: S311  # no secret
    until = until or datetime.now(UTC)
    written = Written()
    moments = sorted(_moment(source, until, days) for _ in range(stories))
    weights = [math.exp(source.gauss(0, 1.1)) for _ in moments]
    scale = reactions / sum(weights)
    readers = random.Random(seed + 1)  # noqa: S311  # no secret; of its own, so that the reactions stay the same
    # On the last day but one, so that its readers are compared with what came before.
    attacked = next((n for n, at in enumerate(moments) if until - at < timedelta(days=2)), 0)
    names = _Names.make()
    for start in range(0, stories, _BATCH):
        batch = [
            _Story(uuid7(), at, round(weight * scale), readers.uniform(10, 80))
            for at, weight in zip(
                moments[start : start + _BATCH], weights[start : start + _BATCH], strict=True
            )
        ]
        for number, story in enumerate(batch, start=start):
            if _draw(source, story, until):
                written.turned.append(story.id)
            if number == attacked:
                _attack(source, story, until)
                written.brigade = story.id
        with transaction.atomic():
            names.publish(source, batch, seed)
            written.reactions += _write(batch)
            ViewBucket.objects.bulk_create(_views(batch))
        written.articles += len(batch)
        say(f"{written.articles:,} stories, {written.reactions:,} reactions")
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE reactions_bucket, reactions_sitebucket, reactions_viewbucket, articles_article"
        )
    return written


def _moment(source: random.Random, until: datetime, days: int) -> datetime:
    """A moment in the period, at an hour at which news comes out."""
    zone = ZoneInfo(settings.TIME_ZONE)
    while True:
        at = until - timedelta(seconds=source.random() * days * 86_400)
        if source.random() * max(_NEWS) < _NEWS[at.astimezone(zone).hour]:
            return at.replace(microsecond=0)


def _draw(source: random.Random, story: _Story, until: datetime) -> bool:
    """Give the story its reactions; whether its readers turn to anger."""
    first = int(story.published_at.timestamp()) // QUARTER_SECONDS
    count = min(_QUARTERS, int(until.timestamp()) // QUARTER_SECONDS - first + 1)
    decay = math.exp(-1 / source.uniform(10, 40))
    again = source.randrange(96, _QUARTERS) if source.random() < _FOUND_AGAIN else _QUARTERS
    turns = source.randrange(8, 40) if source.random() < _TURNING else _QUARTERS
    zone = ZoneInfo(settings.TIME_ZONE)
    hour = story.published_at.astimezone(zone).hour * 4
    strength, weights = 1.0, []
    for n in range(count):
        strength = 1.0 if n == again else strength * decay + 0.0002
        weights.append(strength * _AWAKE[(hour + n) // 4 % 24])
    # What would come later than now has not come yet.
    size = round(story.size * (1 if count == _QUARTERS else min(1, (1 - decay**count))))
    tone = source.choices([kinds for _, kinds in _TONES], [part for part, _ in _TONES])[0]
    quarters = source.choices(range(count), cum_weights=list(accumulate(weights)), k=size)
    kinds = _kinds(source, tone, size)
    angry = _kinds(source, _ANGER, size)
    for n, usual, other in zip(quarters, kinds, angry, strict=True):
        _come(source, story, first + n, other if n >= turns else usual, last=first + count - 1)
    return turns < count


def _come(source: random.Random, story: _Story, quarter: int, kind: int, *, last: int) -> None:
    """One reader reacts, and may choose another kind within an hour."""
    story.came[quarter, kind] += 1
    if source.random() < _CHANGED:
        later = min(quarter + source.randrange(4), last)
        other = source.choice([each.bit for each in KINDS if each.bit != kind])
        story.left[later, kind] += 1
        story.came[later, other] += 1
        quarter, kind = later, other
    story.stayed[quarter, kind] += 1


def _attack(source: random.Random, story: _Story, until: datetime) -> None:
    """Four quarters of an hour in which a brigade presses one kind, some hours after the publication."""
    kind = BY_KEY["angry"].bit if "angry" in BY_KEY else KINDS[0].bit
    first = int(story.published_at.timestamp()) // QUARTER_SECONDS
    last = int(until.timestamp()) // QUARTER_SECONDS
    begin = max(first, min(first + 20, last - 4))
    for _ in range(_BRIGADE):
        quarter = min(begin + source.randrange(4), last)
        story.came[quarter, kind] += 1
        story.stayed[quarter, kind] += 1


def _kinds(source: random.Random, tone: dict[str, int], size: int) -> list[int]:
    """So many kinds of a tone; of a site's own kinds, any."""
    known = {BY_KEY[key].bit: part for key, part in tone.items() if key in BY_KEY}
    known = known or {kind.bit: 1 for kind in KINDS}
    return source.choices(list(known), list(known.values()), k=size)


def _write(batch: Sequence[_Story]) -> int:
    """Rows, counts and buckets of these articles; returns the rows."""
    lines = list(_lines(batch))
    columns = zip(*lines, strict=True) if lines else ([] for _ in range(6))
    names = ("articles", "starts", "kinds", "added", "removed", "readers")
    ((count,),) = rows("write_traffic", dict(zip(names, map(list, columns), strict=True)))
    return int(count)


def _lines(batch: Sequence[_Story]) -> Iterator[tuple[UUID, datetime, int, int, int, int]]:
    for story in batch:
        for quarter, kind in sorted(story.came.keys() | story.left.keys()):
            start = datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC)
            place = quarter, kind
            came, left, stayed = story.came[place], story.left[place], story.stayed[place]
            yield story.id, start, kind, came, left, stayed


def _views(batch: Sequence[_Story]) -> Iterator[ViewBucket]:
    for story in batch:
        came = Counter[int]()
        for (quarter, _), number in story.came.items():
            came[quarter // 2] += number
        for half_hour, number in sorted(came.items()):
            start = datetime.fromtimestamp(half_hour * 2 * QUARTER_SECONDS, UTC)
            views = round(number * story.views_each)
            yield ViewBucket(article_id=story.id, start=start, views=views)


@dataclass(frozen=True)
class _Names:
    """The sections, authors and tags of the articles that are made."""

    sections: Sequence[Section]
    authors: Sequence[Author]
    tags: Sequence[Tag]

    @classmethod
    def make(cls) -> "_Names":
        sections = [
            Section.objects.get_or_create(slug=name.lower(), defaults={"name": name})[0]
            for name in _SECTIONS
        ]
        authors = [
            Author.objects.get_or_create(
                slug=f"sample-author-{n}", defaults={"name": f"Sample Author {n}"}
            )[0]
            for n in range(1, 41)
        ]
        tags = [
            Tag.objects.get_or_create(slug=f"subject-{n}", defaults={"name": f"Subject {n}"})[0]
            for n in range(1, 61)
        ]
        return cls(sections, authors, tags)

    def publish(self, source: random.Random, batch: Sequence[_Story], seed: int) -> None:
        Article.objects.bulk_create(self._article(source, story, seed) for story in batch)
        ArticleAuthor.objects.bulk_create(
            ArticleAuthor(article_id=story.id, author=source.choice(self.authors), position=0)
            for story in batch
        )
        ArticleTag.objects.bulk_create(
            ArticleTag(article_id=story.id, tag=tag, position=position)
            for story in batch
            for position, tag in enumerate(source.sample(self.tags, 2))
        )
        note_article_change(*(story.id for story in batch))

    def _article(self, source: random.Random, story: _Story, seed: int) -> Article:
        words = (source.choice(each) for each in (_SUBJECTS, _VERBS, _OBJECTS))
        headline = " ".join(words)
        slug = f"sample-{story.id.hex[-12:]}"
        return Article(
            id=story.id,
            guid=f"tag:example.org,2026:{seed}:{story.id}",
            slug=slug,
            headline=headline,
            body_markdown=f"{headline}. An invented story.",
            body_html=f"<p>{headline}. An invented story.</p>",
            section=source.choice(self.sections),
            language=source.choices(["en", "de", "fr"], [8, 1, 1])[0],
            state=State.PUBLISHED,
            first_published_at=story.published_at,
            published_at=story.published_at,
            content_modified_at=story.published_at,
        )
