"""Pages for readers. They set no cookie, and a shared cache may hold them for a second."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers

from articles.addresses import Killed, find_story
from articles.doors import Feeling, feelings
from articles.formats.slugs import is_address_of_id
from articles.models import Article, ArticleQuerySet, Author, Correction, Section, Tag
from articles.pagination import Page, Position, newest, older_than

STORIES_PER_PAGE = 20
CORRECTIONS_PER_PAGE = 50


def front_page(request: HttpRequest) -> HttpResponse:
    """The newest stories; with `?before=`, the ones that follow another page's last."""
    return _list(request, "articles/front.html", Article.objects.public())


def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest stories of one section."""
    found = get_object_or_404(Section, slug=slug)
    stories = Article.objects.public().filter(section=found)
    return _list(request, "articles/section.html", stories, section=found)


def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Who an author is, and the newest of their stories."""
    found = get_object_or_404(Author, slug=slug)
    stories = Article.objects.public().filter(author_links__author=found)
    return _list(request, "articles/author.html", stories, author=found)


def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest stories about one thing."""
    found = get_object_or_404(Tag, slug=slug)
    stories = Article.objects.public().filter(tag_links__tag=found)
    return _list(request, "articles/tag.html", stories, tag=found)


def story(request: HttpRequest, slug: str) -> HttpResponse:
    """One story, with its reaction bar. By its UUID, or a slug it used to have, it redirects to its slug.

    404 for what was never there or was taken off; 410 for what is gone for good.
    """
    try:
        article = find_story(slug)
    except Killed:
        return _shared(render(request, "articles/gone.html", status=410))
    except Article.DoesNotExist:
        raise Http404 from None
    if article.slug != slug:
        # The slug behind a UUID may change again; a slug that was given up stays given up.
        return redirect(article, permanent=not is_address_of_id(slug))
    bar = feelings().bar(request, article)
    response = render(request, "articles/story.html", {"article": article, "bar": bar})
    patch_vary_headers(response, ["Cookie"])
    return _personal(response) if bar.personal else _shared(response)


def corrections(request: HttpRequest) -> HttpResponse:
    """What was wrong in our stories, the latest first; with `?before=`, what another page leads to."""
    found = Correction.objects.public().select_related("article").order_by("-id")
    before = request.GET.get("before")
    if before is not None:
        if not re.fullmatch(r"[0-9]{1,18}", before):
            raise Http404
        found = found.filter(id__lt=int(before))
    page = list(found[: CORRECTIONS_PER_PAGE + 1])
    context = {
        "corrections": page[:CORRECTIONS_PER_PAGE],
        "older": page[CORRECTIONS_PER_PAGE - 1].pk if len(page) > CORRECTIONS_PER_PAGE else None,
        "first": before is None,
    }
    return _shared(render(request, "articles/corrections.html", context))


def _list(
    request: HttpRequest, template: str, stories: ArticleQuerySet, **about: object
) -> HttpResponse:
    page = _page(request, stories.select_related("section").with_authors())
    totals = feelings().totals([article.id for article in page.articles])
    entries = [(article, totals.get(article.id, Feeling())) for article in page.articles]
    context = {
        "entries": entries,
        "page": page,
        **about,
        "first": "before" not in request.GET,
    }
    return _shared(render(request, template, context))


def _page(request: HttpRequest, stories: ArticleQuerySet) -> Page:
    before = request.GET.get("before")
    if before is None:
        return newest(stories, size=STORIES_PER_PAGE)
    try:
        return older_than(Position.parse(before), stories, size=STORIES_PER_PAGE)
    except ValueError:
        raise Http404 from None


def _shared(response: HttpResponse) -> HttpResponse:
    # One request a second reaches us for a story that thousands open; while it does, the others get
    # the copy before it.
    patch_cache_control(response, public=True, max_age=0, s_maxage=1, stale_while_revalidate=30)
    return response


def _personal(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_cache=True)
    return response
