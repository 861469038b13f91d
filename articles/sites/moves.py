"""Moves and merges: an article gets another address, or its addresses and reactions go to another article.

Every call is one transaction, and all of it or nothing. One lock serialises them, so that two merges in opposite
directions never wait for each other: the second finds what the first one did, and is refused.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from articles.announce import announce_many
from articles.hooks import reaction_hooks
from articles.models import Article, ArticleAddress, ArticleURL, Sighting, Site, State
from articles.resolve import find_any_article
from articles.revisions import VersionConflict, record_revisions
from articles.sites.known import known_sites
from articles.sites.register import find_at
from articles.sites.rules import Address, SiteRules, is_url

# The advisory lock of moves and merges: "move" as a number.
MOVES_LOCK = 0x6D6F7665
# The kinds of their revisions.
MERGE, MOVE = "merge", "move"
# Rows of one statement.
_BATCH = 500

# For 10,000 articles in 1 s, where Django's bulk_update takes 20 s. Uses: the key of articles_article.
_SAVE = """
UPDATE articles_article a
   SET version = a.version + 1, version_created_at = %s, updated_at = %s, state = changed.state,
       merged_into_id = changed.merged_into_id, canonical_url = changed.canonical_url,
       site_id = changed.site_id, site_item_id = changed.site_item_id
  FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::bigint[], %s::text[])
       AS changed (id, state, merged_into_id, canonical_url, site_id, site_item_id)
 WHERE a.id = changed.id
"""

Item = TypeVar("Item")


class MoveRefused(Exception):
    """An address, a move or a merge that is refused, and nothing was changed. `code` is that of the problem."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Done(StrEnum):
    """What a move did."""

    MOVED = "moved"  # the new address is the canonical one
    ALIAS = "alias"  # one of the two leads to the article now, too
    MERGED = "merged"
    UNCHANGED = "unchanged"
    UNMATCHED = "unmatched"  # no article has either address


@dataclass(frozen=True, slots=True)
class Place:
    """An address on an active site."""

    site: Site
    address: Address


@dataclass(frozen=True, slots=True)
class Move:
    """An article is no longer at `old` but at `new`."""

    old: Place
    new: Place


def find_named(name: str) -> Article:
    """The article at an id, a slug, a former slug or a URL, here or on a site, in any state; a merged one leads to the other.

    Raises Article.DoesNotExist.
    """
    own = settings.SITE_URL + reverse("articles:article", args=["*"]).removesuffix("*/")
    if name.startswith(own):
        name = name.removeprefix(own).partition("?")[0].partition("#")[0].rstrip("/")
    if not is_url(name):
        article = find_any_article(name)
        return article.merged_into or article
    found = known_sites().of_url(name)
    article_at = found and find_at(found[1].key)
    if not article_at:
        raise Article.DoesNotExist(f"No story is at {name[:300]}.")
    return article_at


def find_place(url: str) -> Place:
    """The place of a URL. Raises MoveRefused for one of no active site."""
    return _place(url)[1]


def find_article_place(url: str) -> Place:
    """The same for a URL that an article may have by the rules of its site. Raises MoveRefused."""
    rules, place = _place(url)
    if not rules.is_article(place.address):
        raise MoveRefused(
            "outside_patterns",
            f"{place.address.url} is none of the addresses that articles of {rules.site.name} have.",
        )
    return place


def _place(url: str) -> tuple[SiteRules, Place]:
    found = known_sites().of_url(url)
    if found is None:
        raise MoveRefused("unknown_site", f"{url[:300]} is on no site that is known here.")
    rules, address = found
    return rules, Place(rules.site, address)


def add_address(
    *, article_id: UUID, url: str, is_canonical: bool = False, editor: str = ""
) -> ArticleAddress:
    """Have an address lead to the article too, or make it its canonical one; the old one stays as another.

    Safe to repeat. A merged article leads to the other one. Raises Article.DoesNotExist, and MoveRefused where the
    address is of no site, is none of an article by the site's rules, or leads to another article.
    """
    place = find_article_place(url)
    with _plan([place.address.key], [article_id]) as plan:
        article = plan.article(article_id)
        owner = plan.article_at(place.address.key)
        if owner is not None and owner.pk != article.pk:
            raise MoveRefused(
                "address_taken",
                f"{place.address.url} leads to another story, “{owner.headline}”: merge the two instead.",
            )
        if is_canonical:
            _check_own_address(article, place)
            plan.set_canonical(article, place)
        else:
            plan.add_alias(article, place)
        plan.save(editor=editor)
    return ArticleAddress.objects.get(key=place.address.key)


def move_address(*, old_url: str, new_url: str, editor: str = "") -> Done:
    """Follow a page to its new address; two articles that are known by the two are merged. Raises MoveRefused."""
    move = Move(find_place(old_url), find_article_place(new_url))
    with _plan([move.old.address.key, move.new.address.key]) as plan:
        done = plan.move(move)
        plan.save(editor=editor)
    return done


def merge_articles(
    *, article_id: UUID, into_id: UUID, expected_version: int | None = None, editor: str = ""
) -> Article:
    """Merge an article into another, which gets its addresses, former slugs and reactions; returns the other one.

    Safe to repeat. Calls that name the merged article lead to the other one from the commit on. Raises
    Article.DoesNotExist, VersionConflict, and MoveRefused.
    """
    with _plan([], [article_id, into_id]) as plan:
        article, into = plan.articles[article_id], plan.article(into_id)
        if article.merged_into_id is not None:
            if article.merged_into_id != into.pk or article.pk == into_id:
                raise _itself_or_merged(article, plan.article(article_id), into)
            return into
        if expected_version is not None and expected_version != article.version:
            raise VersionConflict(expected_version=expected_version, version=article.version)
        plan.merge(article, into)
        plan.save(editor=editor)
    return into


def _itself_or_merged(article: Article, follows: Article, into: Article) -> MoveRefused:
    if follows.pk == into.pk:
        return _itself(into)
    return MoveRefused(
        "already_merged", f"“{article.headline}” was merged into “{follows.headline}” already."
    )


def _itself(article: Article) -> MoveRefused:
    return MoveRefused("itself", f"Both are the same story, “{article.headline}”.")


def _check_own_address(article: Article, place: Place) -> None:
    if article.state == State.KILLED:
        raise MoveRefused("killed", f"“{article.headline}” was killed; it has no address any more.")
    if article.site_id is None:
        raise MoveRefused(
            "own_article",
            f"“{article.headline}” is published here: {place.address.url} can only be a further address.",
        )


def _check_merge(article: Article, into: Article) -> None:
    """Raises MoveRefused where the first must not be merged into the second."""
    if article.pk == into.pk:
        raise _itself(into)
    if article.site_id is None:
        raise MoveRefused(
            "own_article",
            f"“{article.headline}” is published here, with its text: only a story of a site can be merged away.",
        )
    for each in (article, into):
        if each.state == State.KILLED:
            raise MoveRefused("killed", f"“{each.headline}” was killed.")
    if into.first_published_at is None:
        raise MoveRefused("never_published", f"“{into.headline}” was never published.")


@contextmanager
def _plan(keys: Collection[str], article_ids: Collection[UUID] = ()) -> Iterator["Plan"]:
    """A transaction with a plan for these addresses and articles. Raises Article.DoesNotExist."""
    with transaction.atomic():
        plan = Plan.begin(keys, article_ids)
        if missing := set(article_ids) - plan.articles.keys():
            raise Article.DoesNotExist(f"There is no story {min(missing)}.")
        yield plan


@dataclass
class Plan:
    """What moves and merges will have changed: looked up once, computed in memory, saved in a few statements."""

    articles: dict[UUID, Article]  # locked
    owners: dict[str, UUID]  # the article of each address, by its key
    canonical: dict[UUID, tuple[str, str]]  # the key and URL of each article's canonical address
    added: dict[str, Place] = field(default_factory=dict)
    placed: dict[UUID, Place] = field(default_factory=dict)  # new canonical addresses
    into: dict[UUID, UUID] = field(default_factory=dict)  # merges

    @classmethod
    def begin(cls, keys: Collection[str], article_ids: Collection[UUID] = ()) -> "Plan":
        """In a transaction, until whose end other moves and merges wait. Locks addresses, then articles, by id."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MOVES_LOCK])
        owners: dict[str, UUID] = {}
        for batch in _batches(sorted(keys)):
            # Uses index: articles_address_key.
            rows = ArticleAddress.objects.filter(key__in=batch).select_for_update(no_key=True)
            owners |= dict(rows.order_by("id").values_list("key", "article_id"))
        found = {*article_ids, *owners.values()}
        followed = Article.objects.filter(pk__in=found, merged_into__isnull=False)
        found |= set(followed.values_list("merged_into_id", flat=True))
        articles: dict[UUID, Article] = {}
        canonical: dict[UUID, tuple[str, str]] = {}
        for ids in _batches(sorted(found)):
            locked = Article.objects.select_for_update(of=("self",), no_key=True)
            parts = locked.select_related("section", "source", "lead_image")
            articles |= {each.pk: each for each in parts.filter(pk__in=ids).order_by("pk")}
            # Uses index: articles_one_canonical_address.
            current = ArticleAddress.objects.filter(article__in=ids, is_canonical=True)
            for article_id, key, url in current.values_list("article_id", "key", "url"):
                canonical[article_id] = (key, url)
        return cls(articles, owners, canonical)

    def article(self, article_id: UUID) -> Article:
        """The article with this id, or the one that it is merged into."""
        article = self.articles[article_id]
        while following := self.into.get(article.pk) or article.merged_into_id:
            article = self.articles[following]
        return article

    def article_at(self, key: str) -> Article | None:
        owner = self.owners.get(key)
        return self.article(owner) if owner else None

    def move(self, move: Move) -> Done:
        """Raises MoveRefused."""
        old, new = move.old.address, move.new.address
        here, there = self.article_at(old.key), self.article_at(new.key)
        if here is None and there is None:
            return Done.UNMATCHED
        if here is None:
            assert there is not None  # noqa: S101  # one of them is known
            self.add_alias(there, move.old)
            return Done.ALIAS
        if there is not None and there.pk != here.pk:
            self.merge(here, there)
            return Done.MERGED
        if there is not None and self._canonical_key(here) != old.key:
            return Done.UNCHANGED  # moved by then, and perhaps on from there
        if here.site_id is None:
            return Done.ALIAS if self.add_alias(here, move.new) else Done.UNCHANGED
        _check_own_address(here, move.new)
        return Done.MOVED if self.set_canonical(here, move.new) else Done.UNCHANGED

    def add_alias(self, article: Article, place: Place) -> bool:
        """Whether the address was unknown."""
        is_new = place.address.key not in self.owners
        if is_new:
            self.owners[place.address.key] = article.pk
            self.added[place.address.key] = place
        return is_new

    def set_canonical(self, article: Article, place: Place) -> bool:
        """Whether it was another address, or was spelled otherwise."""
        self.add_alias(article, place)
        now = (place.address.key, place.address.url)
        if self.canonical.get(article.pk) == now:
            return False
        self.canonical[article.pk] = now
        self.placed[article.pk] = place
        return True

    def merge(self, article: Article, into: Article) -> None:
        """Raises MoveRefused."""
        _check_merge(article, into)
        self.into[article.pk] = into.pk
        self.placed.pop(article.pk, None)

    def _canonical_key(self, article: Article) -> str:
        key, _ = self.canonical.get(article.pk, ("", ""))
        return key

    def save(self, *, editor: str) -> None:
        """Write what was planned, with a revision of each article that changes, and announce it after the commit."""
        merged = {each: self.article(each).pk for each in self.into}
        now = timezone.now()
        changed = [
            *(self._merged(self.articles[each], into, now) for each, into in merged.items()),
            *(self._moved(self.articles[each], place, now) for each, place in self.placed.items()),
        ]
        _save_articles(changed, now)
        self._save_addresses(merged)
        if merged:
            _pass_on(merged)
        for kind, ids in ((MERGE, merged), (MOVE, self.placed)):
            for batch in _batches([self.articles[each] for each in ids]):
                record_revisions(batch, kind=kind, editor=editor)
        if changed:
            announce_many([each.pk for each in changed])
        if merged:
            reaction_hooks().articles_merged(merged)

    @staticmethod
    def _merged(article: Article, into_id: UUID, now: datetime) -> Article:
        article.state, article.merged_into_id = State.MERGED, into_id
        return _next_version(article, now)

    @staticmethod
    def _moved(article: Article, place: Place, now: datetime) -> Article:
        article.canonical_url = place.address.url
        if article.site_id != place.site.pk:
            # Its id at the other site says nothing at this one.
            article.site, article.site_item_id = place.site, ""
        return _next_version(article, now)

    def _save_addresses(self, merged: Mapping[UUID, UUID]) -> None:
        for ids in _batches([*merged, *self.placed]):
            former = ArticleAddress.objects.filter(article__in=ids, is_canonical=True)
            former.update(is_canonical=False)
        urls = {place.address.key: place.address.url for place in self.placed.values()}
        ArticleAddress.objects.bulk_create(
            (
                ArticleAddress(
                    key=key,
                    url=place.address.url,
                    article=self.article(self.owners[key]),
                    site=place.site,
                    is_canonical=key in urls,
                )
                for key, place in self.added.items()
            ),
            batch_size=_BATCH,
        )
        for keys in _batches(sorted(urls.keys() - self.added.keys())):
            rows = list(ArticleAddress.objects.filter(key__in=keys))
            for each in rows:
                each.url, each.is_canonical = urls[each.key], True
                # A first sight that was under way may have given it to an article that was merged.
                each.article = self.article(each.article_id)
            ArticleAddress.objects.bulk_update(rows, ["url", "is_canonical", "article"])


def _save_articles(changed: Sequence[Article], now: datetime) -> None:
    """Write the columns that moves and merges change. The articles are locked."""
    columns = ("pk", "state", "merged_into_id", "canonical_url", "site_id", "site_item_id")
    for batch in _batches(changed):
        values = [[getattr(each, name) for each in batch] for name in columns]
        with connection.cursor() as cursor:
            cursor.execute(_SAVE, [now, now, *values])


def _next_version(article: Article, now: datetime) -> Article:
    article.version += 1
    article.version_created_at = article.updated_at = now
    return article


def _pass_on(merged: Mapping[UUID, UUID]) -> None:
    """Give what leads to the merged articles to those that they were merged into. The articles are saved."""
    into = Subquery(Article.objects.filter(pk=OuterRef("article_id")).values("merged_into_id")[:1])
    further = Subquery(
        Article.objects.filter(pk=OuterRef("merged_into_id")).values("merged_into_id")[:1]
    )
    original = Subquery(
        Article.objects.filter(pk=OuterRef("translation_of_id")).values("merged_into_id")[:1]
    )
    for ids in _batches(sorted(merged)):
        for model in (ArticleAddress, ArticleURL, Sighting):
            model.objects.filter(article__in=ids).update(article=into)
        # What was merged into them before leads to the same article.
        Article.objects.filter(merged_into__in=ids).update(merged_into=further)
        Article.objects.filter(translation_of__in=ids).update(translation_of=original)
    for ids in _batches(sorted(set(merged.values()))):
        Article.objects.filter(pk__in=ids, translation_of=F("pk")).update(translation_of=None)


def _batches(items: Collection[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
