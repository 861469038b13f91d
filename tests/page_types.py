"""Stories that make pages show all that they can, and an address of each type of page.

For tests in this process, and for the running product: `python manage.py shell -c "…fill()"`.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from articles.media.images import read_picture
from articles.media.pictures import prepare, put_picture
from articles.models import (
    Article,
    ArticleAuthor,
    ArticleMedia,
    ArticleTag,
    Author,
    Correction,
    Media,
    Section,
    State,
    Tag,
)
from articles.workflow import kill, retract
from reactions.kinds import BY_KEY
from reactions.models import Bucket
from tests.articles.media.drawings import draw

# No line may be wider than a telephone of 320 pixels because of it.
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungszeremonie"

_SLUG = "page-type"
FULL, RETRACTED, ARABIC, GERMAN, KILLED = (
    f"{_SLUG}-{name}" for name in ("full", "retracted", "arabic", "german", "killed")
)
PAGES = {
    "front": "/",
    "older": "/?before=1733650000000000-00000000000000000000000000000000",
    "section": f"/sections/{_SLUG}-world/",
    "author": f"/authors/{_SLUG}-ada/",
    "tag": f"/tags/{_SLUG}-bridges/",
    "story": f"/articles/{FULL}/",
    "retracted": f"/articles/{RETRACTED}/",
    "arabic": f"/articles/{ARABIC}/",
    "german": f"/articles/{GERMAN}/",
    "search": "/search/",
    "results": "/search/?q=bridge",
    "no results": "/search/?q=nothingatall",
    "corrections": "/corrections/",
    "what is stored": "/privacy/",
    "most loved": "/most/love/",
    "missing": "/nothing/",
    "gone": f"/articles/{KILLED}/",
}


def fill() -> None:
    """Publish the stories."""
    world = Section.objects.create(slug=f"{_SLUG}-world", name="World and its provinces")
    culture = Section.objects.create(slug=f"{_SLUG}-culture", name="Culture")
    newest, picture = timezone.now(), _picture()
    now = newest - timedelta(minutes=5)
    for number in range(14):
        section = world if number % 2 else culture
        headline = (
            f"The bridge of {number} arches is open, and {LONG_WORD if number == 7 else 'all came'}"
        )
        shown = picture if number in {0, 6} else None
        _story(f"{_SLUG}-{number}", headline, section, now - timedelta(hours=number), shown)
    _fill_one(_story(FULL, "The bridge is open", world, newest, picture), picture)
    retract(article_id=_story(RETRACTED, "The bridge is shut", world, now).pk, text="It was open.")
    arabic = _story(ARABIC, "الجسر مفتوح", culture, now, language="ar")
    arabic.abstract = "استغرق الأمر تسع سنوات."
    arabic.save()
    _story(GERMAN, f"{LONG_WORD} verschoben", culture, now, language="de")
    kill(article_id=_story(KILLED, "It never was", world, now).pk)
    _love(f"{_SLUG}-7", FULL, f"{_SLUG}-0", ARABIC, GERMAN, RETRACTED, KILLED)


def clear() -> None:
    """Remove what `fill` published."""
    articles = Article.objects.filter(slug__startswith=_SLUG)
    media = {
        each for pair in articles.values_list("lead_image", "media_links__media") for each in pair
    }
    Bucket.objects.filter(article_id__in=articles.values("pk")).delete()
    articles.delete()
    Media.objects.filter(pk__in=media - {None}).delete()
    for model in (Section, Author, Tag):
        model.objects.filter(slug__startswith=_SLUG).delete()


def _love(*slugs: str) -> None:
    """Reactions of the week for the ranking that the site may make public, the most to the first."""
    for number, slug in enumerate(slugs):
        Bucket.objects.create(
            article_id=Article.objects.get(slug=slug).pk,
            start=timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2),
            kind=BY_KEY["love"].bit,
            added=1_234 - number,
            removed=0,
        )


def _story(
    slug: str,
    headline: str,
    section: Section,
    when: datetime,
    picture: Media | None = None,
    language: str = "en",
) -> Article:
    return Article.objects.create(
        guid=f"tag:page-types,2024:{slug}:{uuid4()}",
        slug=slug,
        headline=headline,
        abstract="It took nine years, and nobody had asked.",
        body_markdown="x",
        body_html=f"<p>It opened at <em>noon</em>, with a band and {LONG_WORD}.</p><h2>After</h2><p>All left.</p>",
        byline="Newsroom staff",
        state=State.PUBLISHED,
        section=section,
        language=language,
        lead_image=picture,
        first_published_at=when,
        published_at=when,
    )


def _picture() -> Media:
    media = Media(alt_text="A bridge", caption="At noon.", credit="Photo: Ada")
    put_picture(media, read_picture(draw(1400, 900)))
    prepare(media)
    return Media.objects.get(pk=media.pk)


def _fill_one(article: Article, picture: Media) -> None:
    """Every part that a story can have."""
    author = Author.objects.create(
        slug=f"{_SLUG}-ada",
        name="Ada",
        job_title="Reporter",
        about="Writes.",
        url="https://a.example/",
    )
    tag = Tag.objects.create(slug=f"{_SLUG}-bridges", name="Bridges")
    ArticleAuthor.objects.create(article=article, author=author, position=1)
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    ArticleMedia.objects.create(article=article, media=picture, position=1)
    for placement in Correction.Placement.values:
        Correction.objects.create(
            article=article, text="It was ten.", version=2, placement=placement
        )
    Article.objects.filter(pk=article.pk).update(
        dateline_place="Damascus",
        dateline_country="SY",
        dateline_text="DAMASCUS, Dec 8 (AFP) —",
        editor_note="This story has a note.",
        content_modified_at=timezone.now(),
    )
