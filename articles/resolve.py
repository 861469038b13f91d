"""Finds the article at an address: by UUID, slug or former slug; distinguishes killed ones from unknown addresses."""

from articles.models import Article, ArticleQuerySet, ArticleURL, State


class Killed(Exception):
    """The address is that of a killed article."""


def find_article(address: str) -> Article:
    """The public article at a UUID, a slug or a slug that it used to have, with all its parts.

    A merged one leads to the article that it was merged into.

    Raises Killed, and Article.DoesNotExist for every other address.
    """
    try:
        return _readable().at(address)
    except Article.DoesNotExist:
        article = find_any_article(address)
    article = article.merged_into or article
    if article.state == State.KILLED:
        raise Killed
    if not article.is_public:
        raise Article.DoesNotExist
    return _readable().get(pk=article.pk)


def find_article_version(slug: str) -> Article | None:
    """The public article with this slug, loaded with its version alone; None where there is none."""
    if "\0" in slug:
        return None
    # Uses index: articles_article_slug.
    articles = Article.objects.public().filter(slug=slug)
    return articles.only("id", "slug", "version", "updated_at").first()


def _readable() -> ArticleQuerySet:
    return Article.objects.public().in_full().select_related("source").with_alternates()


def find_any_article(address: str) -> Article:
    """The article in any state, for the desk, without its parts. Raises Article.DoesNotExist."""
    try:
        return Article.objects.at(address)
    except Article.DoesNotExist:
        if "\0" in address:
            raise
        former = ArticleURL.objects.select_related("article").filter(slug=address).first()
        if former is None:
            raise
        return former.article
