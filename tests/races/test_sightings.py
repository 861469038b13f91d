"""Many readers see a page of a site first, and many workers verify it: one article."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from articles.models import Article, ArticleAddress, Sighting
from articles.models import Site as KnownSite
from articles.sites.sightings import SightRefused, look_up, verify_due
from tests.articles.sites.conftest import blog as blog
from tests.articles.sites.conftest import sight
from tests.articles.sites.pages import page
from tests.articles.test_http_client import Site
from tests.articles.test_http_client import site as site
from tests.races.rival import on_a_connection_of_its_own

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 8


def test_first_sights_of_one_page_at_once_make_one_article(site: Site, blog: KnownSite) -> None:
    site.answers["/bridge"] = page()
    spellings = [f"/bridge?q={number}" if number % 2 else "/bridge" for number in range(48)]

    with ThreadPoolExecutor(READERS) as pool:
        list(
            pool.map(
                lambda path: on_a_connection_of_its_own(lambda: sight(site.url(path))), spellings
            )
        )

    assert Article.objects.count() == Sighting.objects.count() == 1
    assert look_up(site.url("/bridge")) is not None


def test_two_addresses_of_one_article_verified_at_once_make_one(
    site: Site, blog: KnownSite
) -> None:
    for number in range(READERS):
        site.answers[f"/{number}/bridge"] = page(canonical="/bridge")
    site.answers["/bridge"] = page()

    def see(number: int) -> None:
        try:
            sight(site.url(f"/{number}/bridge"))
        except SightRefused:
            pytest.fail("A page was refused.")

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(lambda each: on_a_connection_of_its_own(lambda: see(each)), range(READERS)))
    verify_due()

    article = Article.objects.get()
    assert ArticleAddress.objects.filter(article=article).count() == READERS + 1
    assert article.url == site.url("/bridge")
    assert not Sighting.objects.filter(state=Sighting.State.REFUSED).exists()
