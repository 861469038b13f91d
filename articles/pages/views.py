"""Pages for readers. They set no cookie, and a shared cache may hold them for a second."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from articles.formats.slugs import is_address_of_id
from articles.hooks import ReactionTotal, Widget, reaction_hooks
from articles.models import Article, ArticleQuerySet, Author, Correction, Section, State, Tag
from articles.pages import front, page_cache
from articles.pages.page_cache import PageState, Rendering
from articles.pages.preview_links import ExpiredLinkError, InvalidLinkError, find_draft
from articles.pagination import Page, Position, newest, older_than, version_of
from articles.resolve import Killed, find_article, find_article_version

ARTICLES_PER_PAGE = 20
CORRECTIONS_PER_PAGE = 50
NEXT_ARTICLES = 3  # below an article
LEAST_RANKED = 3

# Columns that no list shows; together they are most of an article's size.
DEFERRED_COLUMNS = ("body_markdown", "body_html", "ed_note", "editor_note", "usage_terms")


@require_safe
def front_page(request: HttpRequest) -> HttpResponseBase:
    """The lead, the latest, each section; with `?before=`, the articles older than this position."""
    if _before(request) is not None:
        return _list(request, "articles/older.html", Article.objects.listed())

    def read_plan() -> front.Plan:
        return front.read_plan(reaction_hooks().rankings(), size=ARTICLES_PER_PAGE)

    def read_state() -> PageState:
        plan = read_plan()
        return PageState(plan, lambda: reaction_hooks().totals(plan.article_ids))

    return page_cache.answer(
        request, read_state=read_state, render=lambda: _front_page(request, read_plan())
    )


@require_safe
def section(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest articles of one section."""
    articles = Article.objects.listed().filter(section__slug=slug)
    return _list(request, "articles/list.html", articles, Section, slug)


@require_safe
def author(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An author's description and newest articles."""
    articles = Article.objects.listed().filter(author_links__author__slug=slug)
    return _list(request, "articles/author.html", articles, Author, slug)


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest articles with one tag."""
    articles = Article.objects.listed().filter(tag_links__tag__slug=slug)
    return _list(request, "articles/list.html", articles, Tag, slug)


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One article, with its reaction widget. A UUID or a former slug redirects to the current slug.

    404 for an article that does not exist or is not public; 410 for one that was killed.
    """

    def read_state() -> PageState | None:
        found = find_article_version(slug)
        if found is None:
            return None
        version = (found.version, found.updated_at)
        return PageState(version, lambda: reaction_hooks().widget(request, found).version)

    variant = reaction_hooks().variant(request)
    if variant is None:
        return page_cache.answer_uncached(request, _article(request, slug))
    return page_cache.answer(
        request, variant=variant, read_state=read_state, render=lambda: _article(request, slug)
    )


@require_safe
def corrections(request: HttpRequest) -> HttpResponseBase:
    """The corrections of all articles, the latest first; with `?before=`, those before this id."""
    before = _correction_before(request)
    found = Correction.objects.public().order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    found = found[: CORRECTIONS_PER_PAGE + 1]

    def read_state() -> PageState:
        versions = found.values_list("id", "article__version", "article__updated_at")
        return PageState(tuple(versions), lambda: None)

    return page_cache.answer(
        request,
        variant="" if before is None else str(before),
        read_state=read_state,
        render=lambda: _corrections(request, before, list(found.select_related("article"))),
    )


def _front_page(request: HttpRequest, plan: front.Plan) -> Rendering:
    ids = plan.article_ids
    totals = reaction_hooks().totals(ids)
    found = {
        article.id: (article, totals.get(article.id, ReactionTotal()))
        for article in _listed(Article.objects.listed().filter(pk__in=ids))
    }

    def ranked(ids: Iterable[UUID]) -> list[tuple[Article, ReactionTotal]]:
        """A ranking of articles whose counts readers see; one of fewer than three is none."""
        entries = [each for each in front.pick(found, ids) if each[1].total]
        return entries if len(entries) >= LEAST_RANKED else []

    context = {
        "lead": next(iter(front.pick(found, [plan.lead] if plan.lead else [])), None),
        "latest": front.pick(found, plan.latest),
        "blocks": [(block.section, front.pick(found, block.article_ids)) for block in plan.blocks],
        "more": front.pick(found, plan.more),
        "rankings": [("loved", ranked(plan.loved)), ("felt", ranked(plan.felt))],
        "day": plan.day,
        "older": plan.older,
        "subject": None,
        "canonical": request.path,
    }
    response = _shared(render(request, "articles/front.html", context))
    return Rendering(response, version=plan, reactions_version=totals)


def _article(request: HttpRequest, slug: str) -> Rendering | HttpResponse:
    try:
        article = find_article(slug)
    except Killed:
        return _shared(render(request, "articles/gone.html", status=410))
    except Article.DoesNotExist:
        raise Http404 from None
    if article.site_id is not None:
        return HttpResponseRedirect(article.url)
    if article.slug != slug:
        # The slug of a UUID may change again; a former slug never becomes current again.
        return _redirect(request, article, permanent=not is_address_of_id(slug))
    widget = reaction_hooks().widget(request, article)
    if article.state == State.RETRACTED:
        nothing = Widget()  # its readers are not asked what they feel
        widget = replace(widget, write=nothing.write, chip=nothing.chip)
    context = {"article": article, "widget": widget, "next_articles": _next_articles(article)}
    response = render(request, "articles/article.html", context)
    patch_vary_headers(response, ["Cookie"])
    return Rendering(
        _personal(response) if widget.personal else _shared(response),
        version=(article.version, article.updated_at),
        reactions_version=widget.version,
        changed_at=None if widget.personal else _latest(article.updated_at, widget.changed_at),
        may_be_stored=not widget.personal,
    )


def _next_articles(article: Article) -> list[Article]:
    """The newest articles besides this one: of its section, where it has another, else of all."""
    newest_ones = (
        Article.objects.listed()
        .exclude(state=State.RETRACTED)
        .newest_first()
        .only("id", "slug", "headline", "language")
    )
    for found in (newest_ones.filter(section=article.section), newest_ones):
        others = [each for each in found[: NEXT_ARTICLES + 1] if each.pk != article.pk]
        if others:
            return others[:NEXT_ARTICLES]
    return []


def _latest(*times: datetime | None) -> datetime:
    return max(time for time in times if time)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """An article before it is published, for the holder of a preview link: as it would appear if published now.

    404 for an invalid link, 410 for an expired one. A published article redirects to its page.
    """
    try:
        article = find_draft(token)
    except InvalidLinkError:
        raise Http404 from None
    except ExpiredLinkError:
        return _unlisted(render(request, "articles/preview_ended.html", status=410))
    if article.is_public:
        return _unlisted(_redirect(request, article))
    article.published_at = article.published_at or article.due_at or timezone.now()
    context = {"article": article, "widget": Widget()}
    return _unlisted(render(request, "articles/preview.html", context))


def _redirect(request: HttpRequest, article: Article, *, permanent: bool = False) -> HttpResponse:
    """To the article's page, with the query: it is the visitor's, as in a link with a campaign's name."""
    query = request.META["QUERY_STRING"]
    address = article.get_absolute_url() + (f"?{query}" if query else "")
    return redirect(address, permanent=permanent)


def _list(
    request: HttpRequest,
    template: str,
    articles: ArticleQuerySet,
    subject: type[Section | Author | Tag] | None = None,
    slug: str = "",
) -> HttpResponseBase:
    """The requested page of a list: of all articles, or of those of a subject."""
    before = _before(request)

    def read_state() -> PageState:
        version = version_of(articles, before=before, size=ARTICLES_PER_PAGE)
        return PageState(version, lambda: reaction_hooks().totals(version.article_ids))

    def render_page() -> Rendering:
        found = get_object_or_404(subject, slug=slug) if subject else None
        page = _page(articles, before)
        totals = reaction_hooks().totals([article.id for article in page.articles])
        context = _context(request, before, page, totals) | {"subject": found}
        return Rendering(
            _shared(render(request, template, context)),
            version=page.version,
            reactions_version=totals,
            # No link leads to another position, and anyone can think of thousands.
            may_be_stored=before is None or articles.filter(**asdict(before)).exists(),
        )

    return page_cache.answer(
        request,
        variant="" if before is None else str(before),
        read_state=read_state,
        render=render_page,
    )


def _before(request: HttpRequest) -> Position | None:
    before = request.GET.get("before")
    if before is None:
        return None
    try:
        return Position.parse(before)
    except ValueError:
        raise Http404 from None


def _correction_before(request: HttpRequest) -> int | None:
    before = request.GET.get("before")
    if before is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", before):
        raise Http404
    return int(before)


def _page(articles: ArticleQuerySet, before: Position | None) -> Page:
    listed = _listed(articles)
    if before is None:
        return newest(listed, size=ARTICLES_PER_PAGE)
    return older_than(before, listed, size=ARTICLES_PER_PAGE)


def _listed(articles: ArticleQuerySet) -> ArticleQuerySet:
    """With what a list shows, in two queries."""
    shown = articles.select_related("section", "lead_image").defer(*DEFERRED_COLUMNS)
    return shown.with_authors()


def _context(
    request: HttpRequest,
    before: Position | None,
    page: Page,
    totals: Mapping[UUID, ReactionTotal],
) -> dict[str, object]:
    return {
        "entries": [
            (article, totals.get(article.id, ReactionTotal())) for article in page.articles
        ],
        "page": page,
        "first": before is None,
        "home": request.path,
        "canonical": request.path if before is None else f"{request.path}?before={before}",
    }


def _corrections(request: HttpRequest, before: int | None, found: list[Correction]) -> Rendering:
    context = {
        "corrections": found[:CORRECTIONS_PER_PAGE],
        "older": found[CORRECTIONS_PER_PAGE - 1].pk if len(found) > CORRECTIONS_PER_PAGE else None,
        "first": before is None,
        "canonical": request.path if before is None else f"{request.path}?before={before}",
    }
    version = tuple((each.pk, each.article.version, each.article.updated_at) for each in found)
    response = _shared(render(request, "articles/corrections.html", context))
    return Rendering(
        response,
        version=version,
        reactions_version=None,
        may_be_stored=before is None or Correction.objects.public().filter(pk=before).exists(),
    )


def _shared(response: HttpResponse) -> HttpResponse:
    # A shared cache sends one request a second for an article that thousands open, and serves its stale
    # copy to the others meanwhile.
    patch_cache_control(
        response,
        public=True,
        max_age=0,
        s_maxage=1,
        stale_while_revalidate=30,
        stale_if_error=86_400,
    )
    return response


def _personal(response: HttpResponse) -> HttpResponse:
    # `no-transform`: no proxy compresses it, so that its length says no more than it must (decision 30).
    patch_cache_control(response, private=True, no_cache=True, no_transform=True)
    return response


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Not cached, not indexed by search engines, and its address not sent to other sites as Referer."""
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
