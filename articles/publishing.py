"""Takes parsed stories into the database; the same story twice changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from articles import dateline
from articles.formats.slugs import slug_of
from articles.formats.story import LeadImage, Mistake, Story, StoryError
from articles.identity import tag_uri
from articles.models import Article, ArticleTag, Media, Section, State, Tag

# States in which a file may publish a story. What was taken back stays so until a person decides.
PUBLISHABLE = {State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.PUBLISHED, State.CORRECTED}

# A change of these is one that readers would notice; another section or tag is not.
DATELINE_FIELDS = {
    f"dateline_{part}" for part in ("place", "region", "country", "date", "source", "style")
}
SUBSTANCE = {"headline", "abstract", "body_markdown", "byline", "lead_image", *DATELINE_FIELDS}

Label = TypeVar("Label", Section, Tag)


class Action(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Outcome:
    article: Article
    action: Action


@dataclass(frozen=True, slots=True)
class Labels:
    """The sections and tags that the stories of one call name, by slug."""

    sections: dict[str, Section]
    tags: dict[str, Tag]


def publish_stories(stories: Sequence[Story]) -> list[Outcome]:
    """Create or update each story by its slug and publish it: all of them or, with StoryError, none.

    May be repeated: a story that says what its article says already is left alone, its version and
    every date included. Locks the articles until the transaction ends. Any number of publishers may
    run at once: sections, tags and articles are each taken in the order of their slugs, so that no
    two of them wait for each other. The outcomes are in the order of the stories.
    """
    now = timezone.now()
    mistakes = [*_list_repeated(stories), *_list_early(stories, now)]
    outcomes: dict[str, Outcome] = {}
    with transaction.atomic():
        labels = Labels(
            sections=_take_labels(Section, [story.section for story in stories if story.section]),
            tags=_take_labels(Tag, [tag for story in stories for tag in story.tags]),
        )
        for story in sorted(stories, key=lambda story: story.slug):
            try:
                outcomes[story.slug] = _publish(story, labels, now)
            except StoryError as refused:
                mistakes += refused.mistakes
        if mistakes:
            raise StoryError(mistakes)
    return [outcomes[story.slug] for story in stories]


def _list_repeated(stories: Sequence[Story]) -> Iterator[Mistake]:
    first: dict[str, Story] = {}
    for story in stories:
        if story.slug in first:
            rival = first[story.slug].origin.name
            yield story.origin.mistake("slug", f"{story.slug!r} is taken by {rival}.")
        first.setdefault(story.slug, story)


def _list_early(stories: Sequence[Story], now: datetime) -> Iterator[Mistake]:
    for story in stories:
        if story.published_at and story.published_at > now:
            yield story.origin.mistake("published_at", "lies in the future.")


def _publish(story: Story, labels: Labels, now: datetime) -> Outcome:
    article = _locked(story)
    claimed = article is None and _claim(story, now)
    article = article or _locked(story)
    if article is None:
        raise StoryError(
            [story.origin.mistake("guid", f"{story.guid!r} is taken by another story.")]
        )
    _check_same_story(article, story)
    changed = _apply(article, story, labels)
    if not changed and article.is_public:
        return Outcome(article, Action.UNCHANGED)
    _stamp(article, story, now, new=claimed, substantial=bool(changed & SUBSTANCE))
    article.save()
    if "tags" in changed:
        _set_tags(article, [labels.tags[slug_of(tag)] for tag in story.tags])
    return Outcome(article, Action.CREATED if claimed else Action.UPDATED)


def _locked(story: Story) -> Article | None:
    return (
        Article.objects.select_for_update(of=("self",))
        .select_related("lead_image")
        .filter(slug=story.slug)
        .first()
    )


def _claim(story: Story, now: datetime) -> bool:
    """Put an empty draft where the story will stand; False where another publisher was faster.

    ON CONFLICT DO NOTHING waits for a rival that has not committed, and raises no error.
    """
    draft = Article(slug=story.slug, first_created_at=now)
    draft.guid = story.guid or tag_uri(
        site_url=settings.SITE_URL, article_id=draft.pk, minted_at=now
    )
    Article.objects.bulk_create([draft], ignore_conflicts=True)
    return Article.objects.filter(pk=draft.pk).exists()


def _check_same_story(article: Article, story: Story) -> None:
    if story.guid and story.guid != article.guid:
        rival = f"the story {article.guid}"
    elif article.state not in PUBLISHABLE:
        rival = f"a story that is {article.get_state_display().lower()}"
    else:
        return
    raise StoryError([story.origin.mistake("slug", f"{story.slug!r} is taken by {rival}.")])


def _apply(article: Article, story: Story, labels: Labels) -> set[str]:
    """Give the article what the story says; the names of the fields that differed.

    Only what was filed is compared. HTML and dateline follow from it and stay as they were
    published, so that a different renderer or house style does not rewrite what nobody edited.
    """
    wanted = _wanted(story, labels)
    changed = {name for name, value in wanted.items() if getattr(article, name) != value}
    for name in changed:
        setattr(article, name, wanted[name])
    if "body_markdown" in changed:
        article.body_html, article.word_count = story.body_html, story.word_count
    if changed & DATELINE_FIELDS:
        article.dateline_text = _dateline_text(story)
    if _apply_lead_image(article, story.lead_image):
        changed.add("lead_image")
    if [tag.slug for tag in article.ordered_tags] != [slug_of(tag) for tag in story.tags]:
        changed.add("tags")
    return changed


def _wanted(story: Story, labels: Labels) -> dict[str, Any]:
    filed = story.dateline
    wanted = {
        "headline": story.headline,
        "abstract": story.abstract,
        "body_markdown": story.body_markdown,
        "byline": story.byline,
        "language": story.language,
        "section": labels.sections.get(slug_of(story.section)),
        "dateline_place": filed.place if filed else "",
        "dateline_region": filed.region if filed else "",
        "dateline_country": filed.country if filed else "",
        "dateline_date": filed.date if filed else None,
        "dateline_source": filed.source if filed else "",
        "dateline_style": filed.style if filed else "",
    }
    if story.published_at:
        wanted["published_at"] = story.published_at
    return wanted


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


def _apply_lead_image(article: Article, image: LeadImage | None) -> bool:
    """Whether the picture differed. One that is taken off a story stays in the library."""
    if image is None:
        changed = article.lead_image is not None
        article.lead_image = None
        return changed
    media = article.lead_image or Media()
    wanted = asdict(image)
    if all(getattr(media, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(media, name, value)
    media.save()
    article.lead_image = media
    return True


def _stamp(article: Article, story: Story, now: datetime, *, new: bool, substantial: bool) -> None:
    """State, version, and those of the five times that this publication moves."""
    if not article.is_public:
        article.state = State.PUBLISHED
    article.version_created_at = now
    if not new:
        article.version += 1
    article.published_at = article.published_at or now
    if article.first_published_at is None:
        # A story from an archive was first published when it says so, not on the day it came in.
        article.first_published_at = article.published_at
        article.content_modified_at = article.published_at
    elif substantial:
        article.content_modified_at = now


def _set_tags(article: Article, tags: Iterable[Tag]) -> None:
    article.tag_links.all().delete()
    ArticleTag.objects.bulk_create(
        ArticleTag(article=article, tag=tag, position=position)
        for position, tag in enumerate(tags, start=1)
    )


def _take_labels(model: type[Label], names: Sequence[str]) -> dict[str, Label]:
    """The sections or tags of these names; those that do not exist are made. The first spelling stays."""
    wanted = {slug_of(name): name for name in reversed(names)}
    have = {label.slug: label for label in model.objects.filter(slug__in=wanted)}
    if missing := sorted(wanted.keys() - have.keys()):
        model.objects.bulk_create(
            [model(slug=slug, name=wanted[slug]) for slug in missing], ignore_conflicts=True
        )
        have |= {label.slug: label for label in model.objects.filter(slug__in=missing)}
    return have
