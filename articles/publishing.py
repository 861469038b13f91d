"""Takes parsed stories into the database; the same story twice changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from articles import dateline, fingerprints, pictures, workflow
from articles.formats.slugs import SLUG_LENGTH, slug_of
from articles.formats.story import LeadImage, Mistake, Story, StoryError
from articles.identity import tag_uri
from articles.models import (
    Article,
    ArticleAuthor,
    ArticleTag,
    ArticleURL,
    Author,
    Media,
    Section,
    Source,
    State,
    Tag,
)
from articles.revisions import announce, record_revisions

# States in which a file may publish a story. What was taken back stays so until a person decides.
PUBLISHABLE = {State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.PUBLISHED, State.CORRECTED}

# A change of these is one that readers would notice; another section or tag is not.
SUBSTANCE = {
    *("headline", "subheadline", "abstract", "body_markdown", "byline", "lead_image"),
    *(f"dateline_{part}" for part in fingerprints.DATELINE),
}
PARTS = {"section", "tags", "authors", "lead_image"}

# The advisory lock that makes publishers follow one another: "news" as a number.
PUBLISHERS = 0x6E657773

Label = TypeVar("Label", Section, Tag, Author)


class Action(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"  # than what we have
    CONFLICT = "conflict"  # the desk edited our copy, and the source has something else to say
    KEPT = "kept"  # the desk took our copy back
    WITHHELD = "withheld"  # by its source
    KILLED = "killed"  # by its source
    IGNORED = "ignored"  # canceled or expired before it reached us


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a story; `ours` is our copy of it, where there is one."""

    ours: Article | None
    action: Action
    slug: str = ""

    @property
    def article(self) -> Article:
        """Our copy. Raises Article.DoesNotExist where there is none."""
        if self.ours is None:
            raise Article.DoesNotExist
        return self.ours

    @property
    def address(self) -> str:
        """Where the story is, or the slug of one that is not here."""
        return self.ours.url if self.ours else self.slug


@dataclass
class _Round:
    """One call: what its stories share, looked up once."""

    now: datetime
    feed_source: Source | None
    overwrite: bool
    sources: dict[str, Source] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    authors: dict[str, Author] = field(default_factory=dict)

    def source_of(self, story: Story) -> Source | None:
        return self.feed_source or self.sources.get(story.source)


def publish_stories(
    stories: Sequence[Story], *, source: Source | None = None, overwrite: bool = False
) -> list[Outcome]:
    """Create or update each story and publish it: all of them or, with StoryError, none.

    A story that its source names is ours by source and name, any other by its slug. `source` is the
    one that was polled: nothing such a story says of itself reaches another source's stories.

    May be repeated: a story that says what was last imported is left alone, its version and every
    date included. A copy that the desk edited is not overwritten without `overwrite`. Publishers
    follow one another, and each locks the articles until its transaction ends. The outcomes are in
    the order of the stories.
    """
    round_ = _Round(timezone.now(), source, overwrite)
    stories = [_after_embargo(story) for story in stories]
    mistakes = [*_list_repeated(stories, source), *_list_early(stories, round_.now)]
    with transaction.atomic():
        _wait_for_other_publishers()
        round_.sources = _take_sources(stories) if source is None else {}
        # Before sections and tags are made: a writer at the desk takes them in this order too.
        articles = _lock_articles(stories, round_)
        _take_shared(stories, round_)
        outcomes: list[Outcome | None] = []
        for story, article in zip(stories, articles, strict=True):
            try:
                outcomes.append(_update(article, story, round_) if article else None)
            except StoryError as refused:
                mistakes += refused.mistakes
        if mistakes:
            raise StoryError(mistakes)
        missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
        created = _create_all([stories[number] for number in missing], round_)
        for number, outcome in zip(missing, created, strict=True):
            outcomes[number] = outcome
        done = [outcome for outcome in outcomes if outcome]
        _keep_revisions(done)
    return done


def _list_repeated(stories: Sequence[Story], source: Source | None) -> Iterator[Mistake]:
    first: dict[tuple[str, str], Story] = {}
    for story in stories:
        item_id = story.source_item_id
        owner = source.name if source else story.source
        key = (owner, item_id) if item_id else ("slug of", story.slug)
        if key in first:
            about, value = ("id", item_id) if item_id else ("slug", story.slug)
            yield story.origin.mistake(about, f"{value!r} is taken by {first[key].origin.name}.")
        first.setdefault(key, story)


def _list_early(stories: Sequence[Story], now: datetime) -> Iterator[Mistake]:
    for story in stories:
        if story.published_at and story.published_at > now and not _is_embargoed(story, now):
            yield story.origin.mistake("published_at", "lies in the future.")


def _after_embargo(story: Story) -> Story:
    """Nothing was published before its embargo was over, whenever it was written."""
    if story.embargoed_until is None:
        return story
    return replace(
        story, published_at=max(story.published_at or story.embargoed_until, story.embargoed_until)
    )


def _is_embargoed(story: Story, now: datetime) -> bool:
    return story.embargoed_until is not None and story.embargoed_until > now


def _wait_for_other_publishers() -> None:
    """Two publishers with the same stories in another order would wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHERS])


def _lock_articles(stories: Sequence[Story], round_: _Round) -> list[Article | None]:
    """Our copy of each story, locked."""
    # Uses index: articles_article_slug, articles_article_guid, articles_once_from_source.
    wanted = Q(slug__in=[story.slug for story in stories if not story.source_item_id])
    item_ids = [story.source_item_id for story in stories if story.source_item_id]
    if item_ids:
        wanted |= Q(source_item_id__in=item_ids)
    if round_.feed_source is None:
        wanted |= Q(guid__in=item_ids)
    rows = list(
        Article.objects.select_for_update(of=("self",))
        .select_related("source")
        .with_parts()
        .with_authors()
        .filter(wanted)
        .order_by("slug")
    )
    by_slug = {article.slug: article for article in rows}
    by_guid = {article.guid: article for article in rows} if round_.feed_source is None else {}
    by_item = {(article.source_id, article.source_item_id): article for article in rows}

    def ours(story: Story) -> Article | None:
        if not story.source_item_id:
            return by_slug.get(story.slug)
        source = round_.source_of(story)
        key = (source.pk if source else None, story.source_item_id)
        return by_item.get(key) or by_guid.get(story.source_item_id)

    return [ours(story) for story in stories]


def _update(article: Article, story: Story, round_: _Round) -> Outcome:
    """What becomes of our copy."""
    if settled := _settle(article, story, round_):
        return Outcome(article, settled)
    story = _as_ours(article, story)
    filed = fingerprints.of_story(story)
    source_hash = fingerprints.hash_of(filed)
    stays = article.is_public or bool(story.source_item_id)
    if source_hash == article.source_hash and stays and not round_.overwrite:
        _keep_source_version(article, story)
        return Outcome(article, Action.UNCHANGED)
    present = fingerprints.of_article(article)
    changed = {name for name, value in filed.items() if present[name] != value}
    if story.published_at is None:
        changed.discard("published_at")
    if changed and fingerprints.was_edited(article) and not round_.overwrite:
        return Outcome(article, Action.CONFLICT)
    if not changed and stays:
        _keep_source_version(article, story)
        return Outcome(article, Action.UNCHANGED)
    _apply(article, story, changed, round_)
    _stamp(article, story, round_.now, substantial=bool(changed & SUBSTANCE))
    article.source_hash = source_hash
    article.source_version = story.source_version or article.source_version
    article.save()
    _write_links([(article, story)], round_, changed)
    announce(article.pk)
    return Outcome(article, Action.UPDATED)


def _settle(article: Article, story: Story, round_: _Round) -> Action | None:
    """What becomes of a copy whose content does not matter; None where it does."""
    if not story.source_item_id:
        _check_same_story(article, story)
    elif fingerprints.is_older(story.source_version, article.source_version):
        return Action.OLDER
    if story.pub_status != "usable":
        return _take_back(article, story, round_.now)
    if article.state not in PUBLISHABLE:
        return Action.KEPT
    return None


def _check_same_story(article: Article, story: Story) -> None:
    if story.guid and story.guid != article.guid:
        rival = f"the story {article.guid}"
    elif article.state not in PUBLISHABLE:
        rival = f"a story that is {article.get_state_display().lower()}"
    else:
        return
    raise StoryError([story.origin.mistake("slug", f"{story.slug!r} is taken by {rival}.")])


def _take_back(article: Article, story: Story, now: datetime) -> Action:
    """Do with our copy what its source asks for; a copy that nobody can read may stay as it is."""
    canceled = story.pub_status == "canceled"
    moves = workflow.allowed_moves(article.state)
    note = f"{story.source or 'The source'} says: {story.pub_status}. {story.ed_note}".strip()
    Article.objects.filter(pk=article.pk).update(source_version=story.source_version)
    if canceled and workflow.Move.KILL in moves:
        workflow.kill(article_id=article.pk, note=note)
    elif canceled and workflow.Move.SPIKE in moves:
        workflow.spike(article_id=article.pk, note=note)
    elif not canceled and workflow.Move.UNPUBLISH in moves:
        workflow.unpublish(article_id=article.pk, note=note)
    else:
        return Action.UNCHANGED
    article.refresh_from_db()
    return Action.KILLED if canceled else Action.WITHHELD


def _as_ours(article: Article, story: Story) -> Story:
    """The story in the words of our copy, where it says the same in others.

    A story that was filed here in Markdown comes back from elsewhere as HTML, its dateline as text.
    """
    if story.body_markdown == story.body_html == article.body_html:
        story = replace(story, body_markdown=article.body_markdown)
    if story.source_item_id and article.dateline_text == _dateline_text(story):
        story = replace(story, dateline=fingerprints.of_dateline(article))
    return story


def _keep_source_version(article: Article, story: Story) -> None:
    """So that a version between this one and the last cannot come later and pass for news."""
    if story.source_item_id and story.source_version != article.source_version:
        Article.objects.filter(pk=article.pk).update(source_version=story.source_version)


def _create_all(stories: Sequence[Story], round_: _Round) -> list[Outcome]:
    """The stories that we do not have, in a handful of statements however many they are."""
    [Outcome(None, action, s.slug) for s in stories if (action := _refused(s, round_.now))]
    wanted = [story for story in stories if not _refused(story, round_.now)]
    slugs = _free_slugs(wanted)
    drafts = [_new(story, slug, round_) for story, slug in zip(wanted, slugs, strict=True)]
    _claim(drafts, wanted)
    _write_links(list(zip(drafts, wanted, strict=True)), round_)
    created = iter(drafts)
    return [
        Outcome(None, action, story.slug)
        if (action := _refused(story, round_.now))
        else Outcome(next(created), Action.CREATED)
        for story in stories
    ]


def _refused(story: Story, now: datetime) -> Action | None:
    """Why a story that we do not have is not taken."""
    if story.pub_status == "withheld":
        return Action.WITHHELD
    if story.pub_status == "canceled" or (story.expires_at and story.expires_at <= now):
        return Action.IGNORED
    return None


def _free_slugs(stories: Sequence[Story]) -> list[str]:
    """An address for each: a story that its source names gives way to whoever has its slug."""
    wanted = [story.slug for story in stories if story.source_item_id]
    taken = {
        *Article.objects.filter(slug__in=wanted).values_list("slug", flat=True),
        *ArticleURL.objects.filter(slug__in=wanted).values_list("slug", flat=True),
        *(story.slug for story in stories if not story.source_item_id),
    }
    slugs = []
    for story in stories:
        slug = story.slug
        if story.source_item_id and slug in taken:
            mark = sha256(f"{story.source}\n{story.source_item_id}".encode()).hexdigest()[:10]
            slug = f"{slug[: SLUG_LENGTH - 11].rstrip('-')}-{mark}"
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _new(story: Story, slug: str, round_: _Round) -> Article:
    article = Article(slug=slug, first_created_at=round_.now)
    article.guid = story.guid or _own_guid(article, story, round_)
    article.source = round_.source_of(story)
    article.source_item_id, article.source_version = story.source_item_id, story.source_version
    article.source_url = story.source_url
    if round_.feed_source:
        article.canonical_url = story.source_url
    article.source_hash = fingerprints.hash_of(fingerprints.of_story(story))
    _apply(article, story, set(fingerprints.of_story(story)), round_)
    _stamp(article, story, round_.now, substantial=True)
    return article


def _own_guid(article: Article, story: Story, round_: _Round) -> str:
    """A new one, or the one we gave the story before it went elsewhere and came back."""
    guid = tag_uri(site_url=settings.SITE_URL, article_id=article.pk, minted_at=round_.now)
    authority = guid.partition(",")[0] + ","
    item_id = story.source_item_id
    return item_id if round_.feed_source is None and item_id.startswith(authority) else guid


def _claim(drafts: Sequence[Article], stories: Sequence[Story]) -> None:
    """Put the stories where nobody has one. Raises StoryError where a writer at the desk was faster.

    ON CONFLICT DO NOTHING waits for a rival that has not committed, and raises no error.
    """
    pictured = [draft for draft in drafts if draft.lead_image]
    Media.objects.bulk_create([draft.lead_image for draft in pictured if draft.lead_image])
    for draft in pictured:
        draft.lead_image = draft.lead_image  # takes over the id that the picture was given
    ordered = sorted(drafts, key=lambda draft: draft.slug)
    Article.objects.bulk_create(ordered, ignore_conflicts=True, batch_size=500)
    claimed = set(
        Article.objects.filter(pk__in=[draft.pk for draft in drafts]).values_list("pk", flat=True)
    )
    lost = [story for draft, story in zip(drafts, stories, strict=True) if draft.pk not in claimed]
    if lost:
        raise StoryError([_lost(story) for story in lost])


def _lost(story: Story) -> Mistake:
    if story.guid and Article.objects.filter(guid=story.guid).exists():
        return story.origin.mistake("guid", f"{story.guid!r} is taken by another story.")
    return story.origin.mistake("slug", f"{story.slug!r} was taken in this moment; try again.")


def _apply(article: Article, story: Story, changed: set[str], round_: _Round) -> None:
    """Give the article what the story says.

    Only what was filed is compared. HTML and dateline follow from it and stay as they were
    published, so that a different renderer or house style does not rewrite what nobody edited.
    """
    content = fingerprints.of_story(story)
    for name in changed - PARTS:
        setattr(article, name, content[name])
    if "body_markdown" in changed:
        article.body_html, article.word_count = story.body_html, story.word_count
    if any(name.startswith("dateline_") for name in changed):
        article.dateline_text = _dateline_text(story)
    if "section" in changed:
        article.section = round_.sections.get(slug_of(story.section))
    if "lead_image" in changed:
        _apply_lead_image(article, story.lead_image)
    article.expires_at = story.expires_at or article.expires_at


def _dateline_text(story: Story) -> str:
    filed = story.dateline
    if not filed:
        return ""
    return dateline.render(
        place=filed.place,
        region=filed.region,
        date=filed.date,
        source=filed.source,
        style=filed.style,
    )


def _apply_lead_image(article: Article, image: LeadImage | None) -> None:
    """A picture that is taken off a story stays in the library."""
    if image is None:
        article.lead_image = None
        return
    media = pictures.describe(article.lead_image or Media(), image)
    if article.lead_image:
        media.save()
    article.lead_image = media


def _stamp(article: Article, story: Story, now: datetime, *, substantial: bool) -> None:
    """State, version, and those of the five times that this publication moves."""
    new = article._state.adding
    article.version_created_at = now
    if not new:
        article.version += 1
    if _stays_unpublished(article, story, now, new=new):
        return
    if not article.is_public:
        article.state = State.PUBLISHED
        article.publish_at = article.embargoed_until = None
    article.published_at = article.published_at or now
    if article.first_published_at is None:
        # A story from an archive was first published when it says so, not on the day it came in.
        article.first_published_at = article.published_at
        article.content_modified_at = article.published_at
    elif substantial:
        article.content_modified_at = now


def _stays_unpublished(article: Article, story: Story, now: datetime, *, new: bool) -> bool:
    """A source's embargo is ours; and what the desk keeps for later, no later version brings out."""
    if article.is_public:
        return False
    if _is_embargoed(story, now):
        article.state, article.embargoed_until = State.SCHEDULED, story.embargoed_until
        article.publish_at = None
        return True
    return bool(story.source_item_id) and not new and article.embargoed_until is None


def _write_links(
    pairs: Sequence[tuple[Article, Story]], round_: _Round, changed: Iterable[str] | None = None
) -> None:
    """Tags and authors of new articles, or of those of an article that `changed`."""
    wanted = set(PARTS if changed is None else changed)
    if "tags" in wanted:
        if changed is not None:
            ArticleTag.objects.filter(article__in=[article for article, _ in pairs]).delete()
        ArticleTag.objects.bulk_create(
            ArticleTag(article=article, tag=round_.tags[slug_of(tag)], position=position)
            for article, story in pairs
            for position, tag in enumerate(story.tags, start=1)
        )
    if "authors" in wanted:
        if changed is not None:
            ArticleAuthor.objects.filter(article__in=[article for article, _ in pairs]).delete()
        ArticleAuthor.objects.bulk_create(
            ArticleAuthor(
                article=article,
                author=round_.authors[slug_of(author.name)],
                role=author.role,
                position=position,
            )
            for article, story in pairs
            for position, author in enumerate(story.authors, start=1)
        )


def _keep_revisions(outcomes: Sequence[Outcome]) -> None:
    written = {Action.CREATED, Action.UPDATED}
    articles = [one.ours for one in outcomes if one.ours and one.action in written]
    if articles:
        record_revisions(articles, kind="import")
    if any(article.lead_image and article.lead_image.due_at for article in articles):
        pictures.announce()


def _take_shared(stories: Sequence[Story], round_: _Round) -> None:
    round_.sections = _take_labels(Section, [story.section for story in stories if story.section])
    round_.tags = _take_labels(Tag, [tag for story in stories for tag in story.tags])
    names = [author.name for story in stories for author in story.authors]
    round_.authors = _take_labels(Author, names)


def _take_sources(stories: Sequence[Story]) -> dict[str, Source]:
    names = {story.source for story in stories if story.source}
    if not names:
        return {}
    known = Source.objects.filter(name__in=names)
    have = {source.name: source for source in known}
    if missing := sorted(names - have.keys()):
        Source.objects.bulk_create([Source(name=name) for name in missing], ignore_conflicts=True)
        have = {source.name: source for source in known.all()}
    return have


def _take_labels(model: type[Label], names: Sequence[str]) -> dict[str, Label]:
    """The sections, tags or authors of these names; those that do not exist are made.

    The first spelling stays. Made in the order of their slugs, so that no two writers wait for
    each other.
    """
    wanted = {slug_of(name): name for name in reversed(names)}
    have = {label.slug: label for label in model.objects.filter(slug__in=wanted)} if wanted else {}
    if missing := sorted(wanted.keys() - have.keys()):
        model.objects.bulk_create(
            [model(slug=slug, name=wanted[slug]) for slug in missing], ignore_conflicts=True
        )
        have |= {label.slug: label for label in model.objects.filter(slug__in=missing)}
    return have
