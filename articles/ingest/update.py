"""Updates the article of a story that was imported before, or decides that it stays as it is."""

from dataclasses import replace
from datetime import datetime

from articles import content, workflow
from articles.announce import announce
from articles.formats.story import LeadImage, Story, StoryError
from articles.ingest import fingerprints
from articles.ingest.context import IngestContext
from articles.ingest.mapping import apply, dateline_text, replace_links, stamp
from articles.ingest.results import Action, IngestResult
from articles.models import CURRENT_STATES, Article, Media, State

# States in which an import may publish. An article that was withdrawn stays so until an editor decides.
PUBLISHABLE = {State.DRAFT, State.IN_REVIEW, State.SCHEDULED, *CURRENT_STATES}


def update(article: Article, story: Story, context: IngestContext) -> IngestResult:
    """Update the article where the story has changed and the desk has not; returns what was done."""
    if settled := _settle(article, story, context):
        return IngestResult(article, settled)
    story = _normalised(article, story)
    source_values = fingerprints.of_story(story)
    source_hash = fingerprints.hash_of(source_values)
    stays = article.is_public or bool(story.source_item_id)
    if source_hash == article.source_hash and stays and not context.overwrite:
        _store_source_version(article, story)
        return IngestResult(article, Action.UNCHANGED)
    present = fingerprints.of_article(article)
    changed = {
        name for name in {*source_values, *present} if present.get(name) != source_values.get(name)
    }
    if story.published_at is None:
        changed.discard("published_at")
    if "pictures" in changed and not story.pictures and fingerprints.has_own_pictures(article):
        changed.discard("pictures")
    if changed and fingerprints.was_edited(article) and not context.overwrite:
        # Hashes of before have no authors of the byline: such a source has not changed.
        unnamed = fingerprints.hash_of(source_values | {"authors": []})
        same = article.source_hash == unnamed and stays
        return IngestResult(article, Action.UNCHANGED if same else Action.CONFLICT)
    if not changed and stays:
        _store_source_version(article, story)
        return IngestResult(article, Action.UNCHANGED)
    apply(article, story, changed, context)
    # Authors that follow from a byline which was there before are no news to its readers.
    of_byline = {"authors"} if "byline" not in changed and not present["authors"] else set()
    content.move_content_modified_at(article, changed=changed - of_byline, now=context.now)
    stamp(article, story, context.now)
    article.source_hash = source_hash
    if not _came_back(article, story):
        article.source_version = story.source_version or article.source_version
        article.source_modified_at = story.modified_at or article.source_modified_at
    article.save()
    replace_links(article, story, changed, context)
    announce(article.pk)
    return IngestResult(article, Action.UPDATED)


def _settle(article: Article, story: Story, context: IngestContext) -> Action | None:
    """What is done where the content does not matter; None where it is to be compared."""
    if not story.source_item_id:
        _check_same_story(article, story)
    elif fingerprints.is_older(
        story.source_version, _last_version(article, story)
    ) and not _withdraws_later(article, story):
        return Action.OLDER
    if story.pub_status != "usable":
        return _withdraw(article, story, context.now)
    if article.state not in PUBLISHABLE:
        return Action.KEPT
    return None


def _withdraws_later(article: Article, story: Story) -> bool:
    """Whether the story takes back what was imported before it was made: some sources number such a version from 1 again.

    An article that was imported before times of versions were stored has that of its publication.
    """
    imported = article.source_modified_at or article.published_at
    if story.pub_status == "usable" or story.modified_at is None:
        return False
    return imported is None or story.modified_at > imported


def _came_back(article: Article, story: Story) -> bool:
    """Whether a story of this site comes back from elsewhere; its version is then the article's own."""
    return story.source_item_id == article.guid != article.source_item_id


def _last_version(article: Article, story: Story) -> str:
    return str(article.version) if _came_back(article, story) else article.source_version


def _check_same_story(article: Article, story: Story) -> None:
    if story.guid and story.guid != article.guid:
        rival = f"the story {article.guid}"
    elif article.state not in PUBLISHABLE:
        rival = f"a story that is {article.get_state_display().lower()}"
    else:
        return
    raise StoryError([story.origin.mistake("slug", f"{story.slug!r} is taken by {rival}.")])


def _withdraw(article: Article, story: Story, now: datetime) -> Action:
    """Kill, spike or unpublish the article as its source asks; one that is not public may stay as it is."""
    canceled = story.pub_status == "canceled"
    transitions = workflow.allowed_transitions(article)
    note = f"{story.source or 'The source'} says: {story.pub_status}. {story.ed_note}".strip()
    _store_source_version(article, story)
    if canceled and workflow.Transition.KILL in transitions:
        workflow.kill(article_id=article.pk, note=note)
    elif canceled and workflow.Transition.SPIKE in transitions:
        workflow.spike(article_id=article.pk, note=note)
    elif not canceled and workflow.Transition.UNPUBLISH in transitions:
        workflow.unpublish(article_id=article.pk, note=note)
    else:
        return Action.UNCHANGED
    article.refresh_from_db()
    return Action.KILLED if canceled else Action.WITHHELD


def _normalised(article: Article, story: Story) -> Story:
    """The story with the article's own values where both mean the same.

    An article written here in Markdown comes back from elsewhere as HTML, its dateline as text.
    """
    if story.body_markdown == story.body_html == article.body_html:
        story = replace(story, body_markdown=article.body_markdown)
    if story.source_item_id and article.dateline_text == dateline_text(story):
        story = replace(story, dateline=fingerprints.of_dateline(article))
    present = article.lead_image
    if (
        present
        and _came_back(article, story)
        and _description_of(story.lead_image) == _description_of(present)
    ):
        # What was syndicated names this site's file, or none while it is being fetched.
        image = story.lead_image or LeadImage(caption="")
        story = replace(story, lead_image=replace(image, url=present.source_url))
    return story


def _description_of(image: LeadImage | Media | None) -> tuple[str, str, str]:
    return (image.caption, image.alt_text, image.credit) if image else ("", "", "")


def _store_source_version(article: Article, story: Story) -> None:
    """So that a version between the last import and this one is later recognised as older."""
    if _came_back(article, story):
        return
    if story.source_item_id and story.source_version != article.source_version:
        article.source_version = story.source_version
        article.source_modified_at = story.modified_at or article.source_modified_at
        Article.objects.filter(pk=article.pk).update(
            source_version=article.source_version, source_modified_at=article.source_modified_at
        )
