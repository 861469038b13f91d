"""A site of another publisher, and its articles at their addresses."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from articles.models import Article, ArticleAddress, Site, State
from articles.sites.known import clear_sites
from articles.sites.rules import SiteRules
from tests.conftest import PUBLISHED_AT

BLOG = "https://blog.example.org"
PublishAt = Callable[..., Article]


def make_site(origin: str = BLOG, **fields: Any) -> Site:
    usual: dict[str, Any] = {"name": f"Site {uuid4().hex[:6]}", "origins": [origin]}
    site = Site.objects.create(**usual | fields)
    clear_sites()
    return site


def publish_at(site: Site, path: str, *aliases: str, **fields: Any) -> Article:
    """A published article of the site with this canonical address and these others."""
    urls = [f"{site.origins[0]}{each}" for each in (path, *aliases)]
    slug = f"story-{uuid4().hex[:8]}"
    usual: dict[str, Any] = {
        "guid": f"tag:example.org,2024:{slug}",
        "slug": slug,
        "headline": f"Of {path}",
        "site": site,
        "is_listed": False,
        "canonical_url": urls[0],
        "state": State.PUBLISHED,
        "first_published_at": PUBLISHED_AT,
        "published_at": PUBLISHED_AT,
    }
    article = Article.objects.create(**usual | fields)
    for url in urls:
        add_row(article, site, url, is_canonical=url == urls[0])
    return article


def add_row(article: Article, site: Site, url: str, *, is_canonical: bool = False) -> None:
    address = SiteRules.of(site).address(url)
    assert address is not None
    ArticleAddress.objects.create(
        key=address.key, url=address.url, article=article, site=site, is_canonical=is_canonical
    )


def leads_to(url: str) -> Article:
    """The article that this address leads to."""
    (site,) = Site.objects.filter(origins__contains=[url[: url.index("/", 9)]])
    address = SiteRules.of(site).address(url)
    assert address is not None
    found = ArticleAddress.objects.get(key=address.key).article
    return found.merged_into or found


def assert_canonical_urls_are_those_of_their_addresses() -> None:
    for article in Article.objects.exclude(state=State.MERGED).exclude(site=None):
        assert article.addresses.get(is_canonical=True).url == article.canonical_url
