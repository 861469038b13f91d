"""Stories and reactions around nights on which clocks change, and every change of a count in plain Python."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, Source, Tag
from reactions.counting.aggregate import aggregate
from reactions.kinds import KINDS, unpack
from reactions.models import OutboxEntry, Reaction, ViewBucket
from tests.conftest import PublishArticle

NOW = datetime(2026, 11, 20, 14, 22, 31, tzinfo=UTC)
# New York and Havana, Lord Howe, Lord Howe, New York and Havana; a usual night, and the last days.
NIGHTS = [
    datetime(2026, 3, 8, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 5, tzinfo=UTC),
    datetime(2026, 11, 13, 12, tzinfo=UTC),
    datetime(2026, 11, 19, 14, tzinfo=UTC),
]


@dataclass(frozen=True)
class Change:
    """One reader chose a kind of a story or took it back, in the quarter of an hour from `quarter`."""

    article: Article
    kind: str
    quarter: datetime
    added: bool


@dataclass(frozen=True)
class View:
    """So many clients opened a story in the half hour from `quarter`."""

    article: Article
    quarter: datetime
    number: int


@dataclass(frozen=True)
class Facts:
    """Of each story its tags and authors, what happened to its counts, and its views."""

    articles: list[Article]
    tags: dict[UUID, set[str]]
    authors: dict[UUID, set[str]]
    changes: list[Change]
    views: list[View]


def make_facts(publish_article: PublishArticle, readers: int = 400) -> Facts:
    """Each reader reacts once, and half of them change their mind later."""
    random = Random(15)
    sections = [None, *(Section.objects.create(name=each, slug=each) for each in ("world", "town"))]
    sources = [None, Source.objects.create(name="AFP"), Source.objects.create(name="dpa")]
    tags = [Tag.objects.create(name=each, slug=each) for each in ("river", "rail", "vote")]
    authors = [Author.objects.create(name=each, slug=each) for each in ("ann", "ben")]
    facts = Facts([], {}, {}, [], [])
    for number in range(12):
        article = publish_article(
            headline=f"Bridge {number} is 100% o_pen",
            section=random.choice(sections),
            source=random.choice(sources),
            language=random.choice(["en", "en-GB", "de"]),
            first_published_at=random.choice(NIGHTS) - timedelta(hours=random.uniform(0, 50)),
        )
        tagged = random.sample(tags, random.randint(0, len(tags)))
        facts.tags[article.pk] = {each.slug for each in tagged}
        for position, tag in enumerate(tagged):
            ArticleTag.objects.create(article=article, position=position, tag=tag)
        written = random.sample(authors, random.randint(0, len(authors)))
        facts.authors[article.pk] = {each.slug for each in written}
        for position, author in enumerate(written):
            ArticleAuthor.objects.create(article=article, position=position, author=author)
        facts.articles.append(article)
    _react(facts, random, readers)
    _open(facts)
    return facts


def _open(facts: Facts) -> None:
    """A third of the stories is never opened; some views came by a merge."""
    random = Random(16)
    found = {}
    for _ in range(150):
        at = min(random.choice(NIGHTS) + timedelta(minutes=random.uniform(-500, 1500)), NOW)
        start = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
        found[random.choice(facts.articles[:8]), start] = random.randint(0, 15)
    facts.views.extend(View(*key, number) for key, number in found.items() if number)
    ViewBucket.objects.bulk_create(
        ViewBucket(article_id=article.pk, start=start, views=number - moved, moved=moved)
        for (article, start), number in found.items()
        for moved in [random.randint(0, 3) if number > 3 else 0]
    )


def _react(facts: Facts, random: Random, readers: int) -> None:
    rows = []
    for _ in range(readers):
        at = random.choice(NIGHTS) + timedelta(minutes=random.uniform(-500, 1500))
        article = random.choice(facts.articles)
        kind = random.choice(KINDS[:4])
        rows.append(
            Reaction(
                article_id=article.pk, reader_id=uuid4(), kinds=kind.mask, changed_at=min(at, NOW)
            )
        )
        _note(facts, article, 0, kind.mask, rows[-1].changed_at)
    Reaction.objects.bulk_create(rows)
    _aggregate(rows)
    changed = random.sample(rows, readers // 2)
    by_id = {each.pk: each for each in facts.articles}
    for row in changed:
        before, row.kinds = row.kinds, random.choice([0, *(kind.mask for kind in KINDS[:4])])
        row.changed_at = min(row.changed_at + timedelta(minutes=random.uniform(0, 3000)), NOW)
        _note(facts, by_id[row.article_id], before, row.kinds, row.changed_at)
        Reaction.objects.filter(reader_id=row.reader_id).update(
            kinds=row.kinds, changed_at=row.changed_at
        )
    _aggregate(changed)


def _aggregate(rows: list[Reaction]) -> None:
    OutboxEntry.objects.bulk_create(
        OutboxEntry(article_id=each.article_id, reader_id=each.reader_id) for each in rows
    )
    aggregate()


def _note(facts: Facts, article: Article, before: int, after: int, at: datetime) -> None:
    quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    for key in unpack(after & ~before):
        facts.changes.append(Change(article, key, quarter, added=True))
    for key in unpack(before & ~after):
        facts.changes.append(Change(article, key, quarter, added=False))
