"""Pages that are seen for the first time: what becomes an article, what is the same one, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles.models import Article, ArticleAddress, Section, Sighting, State
from articles.models import Site as KnownSite
from articles.sites import sightings
from articles.sites.known import clear_sites, known_sites
from articles.sites.sightings import SightRefused, TooManySightings, add_sighting, look_up
from tests.articles.sites.conftest import See, sight
from tests.articles.sites.pages import page
from tests.articles.test_http_client import Site, answer
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db


def refusal(url: str) -> str:
    """The code with which the page is refused, now or once it is verified."""
    with pytest.raises(SightRefused) as caught:  # noqa: PT012  # the second call may be the one that raises
        sight(url)
        look_up(url)
    assert not Article.objects.exists()
    return caught.value.code


def test_a_page_becomes_an_article_with_what_it_says_of_itself(site: Site, see: See) -> None:
    site.answers["/bridge/"] = page(
        datePublished="2024-12-08T10:23:00+01:00", articleSection="World", inLanguage="en-GB"
    )

    article = see("/bridge/?utm_source=mail#top")

    assert (article.headline, article.language, article.state) == (
        "The bridge is open", "en-GB", State.PUBLISHED,
    )  # fmt: skip
    assert article.published_at == datetime(2024, 12, 8, 9, 23, tzinfo=UTC)
    assert article.section == Section.objects.get(name="World")
    assert article.url == article.canonical_url == site.url("/bridge/")
    assert (article.body_html, article.is_listed) == ("", False)
    assert article.revisions.get().kind == "register"
    assert article.addresses.get().is_canonical


def test_a_page_without_a_date_has_the_time_of_its_first_sight(site: Site, see: See) -> None:
    site.answers["/bridge"] = page(datePublished="soon")

    article = see("/bridge")

    assert article.published_at is not None
    assert timezone.now() - article.published_at < timedelta(minutes=1)
    assert (article.language, article.section) == ("de", None)


def test_any_number_of_first_sights_make_one_article(site: Site, see: See) -> None:
    site.answers["/bridge"] = site.answers["/bridge/"] = page()

    for number in range(20):
        look_up(site.url(f"/bridge?q={number}")) or add_sighting(site.url(f"/bridge/?q={number}"))
    first = see("/bridge")
    second = see("//bridge/index.html?q=1")

    assert first == second == Article.objects.get()
    assert Sighting.objects.count() == 1
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (page(""), "no_title"),
        (answer(status=404), "not_fetched"),
        (answer(status=302, Location="http://169.254.169.254/latest"), "not_fetched"),
        (answer(status=302, Location="http://10.0.0.1/"), "not_fetched"),
        (answer(b"%PDF", Content_Type="application/pdf"), "no_page"),
        (answer(b"", Content_Type="text/html"), "no_page"),
        (answer(b"<title>x" + b"x" * 4_000_000, Content_Type="text/html"), "not_fetched"),
    ],
)
def test_a_page_that_cannot_be_an_article_is_refused_by_name(
    site: Site, blog: KnownSite, answered: object, code: str
) -> None:
    site.answers["/bridge"] = answered  # type: ignore[assignment]  # an Answer

    assert refusal(site.url("/bridge")) == code
    assert Sighting.objects.get().warning


def test_a_page_that_leads_elsewhere_is_refused(site: Site, blog: KnownSite) -> None:
    site.answers["/away"] = answer(
        status=302, Location=site.url("/x").replace("127.0.0.1", "127.1")
    )
    site.answers["/home"] = answer(status=301, Location="/")
    site.answers["/x"] = site.answers["/"] = page()

    assert refusal(site.url("/away")) == "left_site"
    assert refusal(site.url("/home")) == "outside_patterns"


def test_rules_of_the_site_refuse_before_anything_is_fetched(site: Site, blog: KnownSite) -> None:
    blog.url_patterns = ["/20*"]
    blog.save()
    clear_sites()
    outside = refusal(site.url("/about"))
    blog.registers = False
    blog.save()
    clear_sites()
    off = refusal(site.url("/2024"))
    blog.active = False
    blog.save()
    clear_sites()

    assert (outside, off, refusal(site.url("/2024"))) == (
        "outside_patterns", "registration_off", "unknown_site",
    )  # fmt: skip
    assert refusal("http://localhost:1313/2024") == "unknown_site"
    assert (site.seen, Sighting.objects.count()) == ([], 0)


def test_a_refused_page_is_fetched_again_after_some_time(
    site: Site, see: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answers["/bridge"] = page("")
    refused = refusal(site.url("/bridge"))
    site.answers["/bridge"] = page()
    still = refusal(site.url("/bridge"))
    monkeypatch.setattr(sightings, "REFUSED_FOR", timedelta(0))

    assert (refused, still) == ("no_title", "no_title")
    assert see("/bridge").headline == "The bridge is open"


def test_a_worker_that_was_killed_leaves_the_page_to_another(site: Site, see: See) -> None:
    site.answers["/bridge"] = page()
    add_sighting(site.url("/bridge"))
    Sighting.objects.update(checked_at=timezone.now())

    while_claimed = sightings.verify_due(), look_up(site.url("/bridge"))
    Sighting.objects.update(checked_at=timezone.now() - timedelta(minutes=2))

    assert while_claimed == (False, sightings.Sight(None))
    assert see("/bridge").headline == "The bridge is open"


def test_a_canonical_address_that_is_right_makes_one_article_of_two_paths(
    site: Site, see: See
) -> None:
    site.answers["/world/bridge"] = page(canonical=site.url("/world/bridge"))
    site.answers["/sport/bridge"] = page(canonical="/world/bridge")

    second = see("/sport/bridge")
    first = see("/world/bridge")

    assert first == second == Article.objects.get()
    assert first.url == site.url("/world/bridge")
    assert first.addresses.count() == 2
    assert not Sighting.objects.exclude(warning="").exists()


@pytest.mark.parametrize(
    "claimed", ["/", "/first", "https://elsewhere.example/x", "/gone", "http://["]
)
def test_one_canonical_address_on_every_page_merges_nothing_and_warns(
    site: Site, see: See, claimed: str
) -> None:
    site.answers["/gone"] = answer(status=404)
    site.answers["/"] = page("Blog", canonical=claimed)
    site.answers["/first"] = page("The first", canonical=claimed)
    for number in range(5):
        site.answers[f"/{number}"] = page(f"Number {number}", canonical=claimed)

    found = {see(f"/{number}").headline for number in range(5)}

    assert found == {f"Number {number}" for number in range(5)}
    assert Sighting.objects.exclude(warning="").count() == 5
    assert "is ignored" in Sighting.objects.order_by("id")[0].warning


def test_two_pages_that_name_each_other_stay_two(site: Site, see: See) -> None:
    site.answers["/a"] = page(canonical="/b")
    site.answers["/b"] = page(canonical="/a")

    assert see("/a") != see("/b")


def test_a_redirect_leads_to_the_same_article(site: Site, see: See) -> None:
    site.answers["/old"] = answer(status=301, Location="/new")
    site.answers["/new"] = page()

    assert see("/old") == see("/new") == Article.objects.get()
    assert Article.objects.get().url == site.url("/new")


def test_an_id_that_the_page_states_keeps_the_article_when_its_address_changes(
    site: Site, see: See
) -> None:
    site.answers["/draft-title"] = page(body='<reader-reactions article=auto item="wp-12">')
    site.answers["/title"] = page("A better title", body='<reader-reactions item="wp-12">')

    before = see("/draft-title")
    after = see("/title")

    assert before == after == Article.objects.get()
    assert after.url == site.url("/title")
    assert see("/draft-title") == after


def test_the_id_of_an_article_here_wins_over_the_address(
    site: Site, see: See, blog: KnownSite, publish_article: PublishArticle
) -> None:
    own = publish_article(slug="own")
    draft = publish_article(state=State.DRAFT)
    site.answers["/copy"] = page(body='<reader-reactions article="own">')
    site.answers["/draft"] = page(body=f'<reader-reactions article="{draft.pk}">')
    site.answers["/unknown"] = page(body='<reader-reactions article="nothing">')

    assert see("/copy") == own
    assert not own.addresses.get().is_canonical
    assert see("/draft") not in {own, draft}
    assert see("/unknown") != own


def test_an_article_that_is_not_public_is_refused(site: Site, see: See) -> None:
    site.answers["/bridge"] = page()
    article = see("/bridge")
    Article.objects.filter(pk=article.pk).update(state=State.UNPUBLISHED)

    with pytest.raises(SightRefused, match="is not public"):
        look_up(site.url("/bridge"))


def test_a_page_whose_article_was_deleted_is_seen_for_the_first_time_again(
    site: Site, see: See
) -> None:
    site.answers["/bridge"] = page()
    see("/bridge")
    ArticleAddress.objects.all().delete()
    Sighting.objects.update(article=None)
    Article.objects.all().delete()
    Sighting.objects.update(state=Sighting.State.REFUSED, checked_at=None)

    assert see("/bridge").headline == "The bridge is open"


def test_a_site_registers_so_many_pages_an_hour(site: Site, see: See, settings: Settings) -> None:
    site.answers["/a"] = page()
    see("/a")
    settings.SIGHTINGS_PER_SITE_HOUR = 1

    with pytest.raises(TooManySightings):
        add_sighting(site.url("/b"))


def test_old_refusals_are_deleted(site: Site, blog: KnownSite) -> None:
    for path in ("/a", "/b"):
        site.answers[path] = page("")
        refusal(site.url(path))
    Sighting.objects.filter(url__endswith="/a").update(seen_at=timezone.now() - timedelta(days=8))

    assert sightings.purge_sightings() == 1


def test_the_pages_and_feeds_here_show_no_article_of_a_site_unless_it_wants_that(
    site: Site, see: See, client: Client
) -> None:
    site.answers["/bridge"] = page(articleSection="World")
    article = see("/bridge")
    lists = ["/", "/sections/world/", "/feeds/rss.xml", "/api/v1/articles/", "/search/?q=bridge"]

    def shown() -> list[str]:
        return [
            each
            for each in lists
            if article.slug.encode() in client.get(each).content
            or article.url.encode() in client.get(each).content
        ]

    hidden = shown()
    Article.objects.update(is_listed=True)

    assert (hidden, shown()) == ([], lists)
    answered = client.get(article.get_absolute_url())
    assert (answered.status_code, answered["Location"]) == (302, site.url("/bridge"))
    assert b"/bridge" not in client.get("/sitemap.xml").content


def test_what_cannot_be_stored_is_left_out_of_a_page(site: Site, see: See) -> None:
    site.answers["/bridge"] = page(headline="Open\0 \ud800bridge\x07", articleSection="!!!")
    site.answers["/other"] = answer(
        b"<title>Other</title>", Content_Type="text/html; charset=base64"
    )

    assert see("/bridge").headline == "Open bridge"
    assert see("/other").headline == "Other"
    assert not Section.objects.exists()


def test_an_address_that_is_too_long_to_store_is_refused(site: Site, blog: KnownSite) -> None:
    start = len(site.url("/"))
    for length in range(985, 1_002):
        url = site.url("/") + "a" * (length - start - 2) + "/amp"
        if known_sites().of_url(url):
            add_sighting(url)

    assert max(len(each.url) for each in Sighting.objects.all()) <= 1_000


def test_a_slow_site_keeps_no_worker_from_the_others(
    site: Site, blog: KnownSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/a", "/b"):
        site.answers[path] = page(path)
        add_sighting(site.url(path))
    monkeypatch.setattr(sightings, "_SLOW_SECONDS", -1)

    rounds = []
    while sightings.verify_due():
        rounds.append(Article.objects.count())
    monkeypatch.setattr(sightings, "_ROUND_SECONDS", 0)

    assert rounds == [1, 2]
    assert sightings.verify_due()  # its time is over before it begins
