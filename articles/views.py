"""Pages for readers. They set no cookie, and a shared cache may hold them for a second."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers

from articles.doors import Feeling, feelings
from articles.models import Article, ArticleQuerySet, Section
from articles.pagination import Page, Position, newest, older_than

STORIES_PER_PAGE = 20


def front_page(request: HttpRequest) -> HttpResponse:
    """The newest stories; with `?before=`, the ones that follow another page's last."""
    return _list(request, "articles/front.html", Article.objects.public())


def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest stories of one section."""
    found = get_object_or_404(Section, slug=slug)
    stories = Article.objects.public().filter(section=found)
    return _list(request, "articles/section.html", stories, section=found)


def story(request: HttpRequest, slug: str) -> HttpResponse:
    """One story, with its reaction bar. By its UUID it is found too, and redirects to its slug."""
    try:
        article = Article.objects.public().with_parts().at(slug)
    except Article.DoesNotExist:
        raise Http404 from None
    if article.slug != slug:
        return redirect(article)
    bar = feelings().bar(request, article)
    response = render(request, "articles/story.html", {"article": article, "bar": bar})
    patch_vary_headers(response, ["Cookie"])
    return _personal(response) if bar.personal else _shared(response)


def _list(
    request: HttpRequest, template: str, stories: ArticleQuerySet, section: Section | None = None
) -> HttpResponse:
    page = _page(request, stories.select_related("section"))
    totals = feelings().totals([article.id for article in page.articles])
    entries = [(article, totals.get(article.id, Feeling())) for article in page.articles]
    context = {
        "entries": entries,
        "page": page,
        "section": section,
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
