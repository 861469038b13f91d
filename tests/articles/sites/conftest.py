"""A site with a real server, which registers its pages at first sight."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from articles.models import Article, Sighting
from articles.models import Site as KnownSite
from articles.sites.sightings import Sight, add_sighting, look_up, verify_due
from tests.articles.test_http_client import LOOPBACK, Site
from tests.articles.test_http_client import site as site

See = Callable[[str], Article]


@pytest.fixture
def blog(db: None, site: Site, settings: Settings) -> KnownSite:
    settings.FETCH_NETWORKS = [LOOPBACK]
    return KnownSite.objects.create(
        name="Blog", origins=[site.url("")], registers=True, has_mobile_hosts=False
    )


@pytest.fixture
def see(blog: KnownSite, site: Site) -> See:
    """A reader sees the page at this path, a worker verifies it: the article, which must be there."""

    def see(path: str) -> Article:
        sight(site.url(path))
        found = look_up(site.url(path))
        seen = Sighting.objects.values_list("url", "state", "code", "detail")
        assert found is not None, seen
        assert found.article_id is not None, seen
        return Article.objects.get(pk=found.article_id)

    return see


def sight(url: str) -> Sight:
    """The first sight of a page, and its verification. Raises SightRefused."""
    found = look_up(url) or add_sighting(url)
    while verify_due():
        pass
    return found
