"""Moves and merges of the articles of sites: addresses, versions, chains, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from articles.hooks import NullHooks, register_hooks
from articles.models import (
    Article,
    ArticleAddress,
    ArticleRevision,
    ArticleURL,
    Sighting,
    Site,
    State,
)
from articles.revisions import VersionConflict
from articles.sites.moves import (
    Done,
    MoveRefused,
    add_address,
    find_named,
    merge_articles,
    move_address,
)
from tests.articles.sites.sites import (
    BLOG,
    add_row,
    assert_canonical_urls_are_those_of_their_addresses,
    leads_to,
    make_site,
    publish_at,
)
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site()


def move(old: str, new: str) -> Done:
    done = move_address(old_url=f"{BLOG}{old}", new_url=f"{BLOG}{new}", editor="ada")
    assert_canonical_urls_are_those_of_their_addresses()
    return done


def merge(article: Article, into: Article) -> Article:
    return merge_articles(article_id=article.pk, into_id=into.pk, editor="ada")


def aliases(article: Article) -> set[str]:
    return set(article.addresses.values_list("url", flat=True))


def test_a_moved_page_has_its_new_address_and_keeps_the_old_one(site: Site) -> None:
    article = publish_at(site, "/old/")

    done = move("/old/", "/new/")

    article.refresh_from_db()
    assert done == Done.MOVED
    assert (article.url, article.version) == (f"{BLOG}/new/", 2)
    assert aliases(article) == {f"{BLOG}/old/", f"{BLOG}/new/"}
    revision = ArticleRevision.objects.get()
    assert (revision.kind, revision.editor) == ("move", "ada")
    assert revision.snapshot["canonical_url"] == f"{BLOG}/new/"


def test_two_pages_that_are_known_are_merged(site: Site) -> None:
    old, new = publish_at(site, "/old/", "/older/"), publish_at(site, "/new/")

    done = move("/old/", "/new/")

    old.refresh_from_db()
    assert done == Done.MERGED
    assert (old.state, old.merged_into, old.version) == (State.MERGED, new, 2)
    assert aliases(new) == {f"{BLOG}{path}" for path in ("/old/", "/older/", "/new/")}
    assert Article.objects.get(pk=new.pk).canonical_url == f"{BLOG}/new/"
    assert ArticleRevision.objects.get().kind == "merge"


@pytest.mark.parametrize(
    ("old", "new", "done", "canonical"),
    [
        ("/unknown/", "/page/", Done.ALIAS, "/page/"),
        ("/unknown/", "/as-unknown/", Done.UNMATCHED, "/page/"),
        ("/page/", "/page/", Done.UNCHANGED, "/page/"),
        ("/alias/", "/page/", Done.UNCHANGED, "/page/"),
        ("/page/", "/alias/", Done.MOVED, "/alias/"),
        ("/alias/", "/new/", Done.MOVED, "/new/"),
        ("/page", "/page/?utm_source=x", Done.UNCHANGED, "/page/"),
    ],
)
def test_the_rules_of_a_move(site: Site, old: str, new: str, done: Done, canonical: str) -> None:
    article = publish_at(site, "/page/", "/alias/")

    assert move(old, new) == done
    before = set(ArticleAddress.objects.values_list("url", "article", "is_canonical"))
    again = move(old, new)

    article.refresh_from_db()
    assert article.canonical_url == f"{BLOG}{canonical}"
    assert again in {Done.UNCHANGED, Done.UNMATCHED}
    assert set(ArticleAddress.objects.values_list("url", "article", "is_canonical")) == before


def test_a_page_that_moves_to_https_is_spelled_so(site: Site) -> None:
    article = publish_at(site, "/page/")
    article.addresses.update(url="http://blog.example.org/page/")

    done = move_address(
        old_url="http://blog.example.org/page/", new_url="https://blog.example.org/page/"
    )

    assert done == Done.MOVED
    assert aliases(article) == {f"{BLOG}/page/"}


def test_a_page_that_moves_to_another_site_belongs_to_it(site: Site) -> None:
    other = make_site("https://other.example.org")
    article = publish_at(site, "/page/", site_item_id="7")

    move_address(old_url=f"{BLOG}/page/", new_url="https://other.example.org/page/")

    article.refresh_from_db()
    assert (article.site, article.site_item_id) == (other, "")
    assert_canonical_urls_are_those_of_their_addresses()


def test_a_chain_of_merges_leads_to_its_end(site: Site) -> None:
    first, second, third = (publish_at(site, f"/{name}/") for name in "abc")
    ArticleURL.objects.create(article=first, slug="former")
    Sighting.objects.create(site=site, key="k", url=f"{BLOG}/k/", article=first)
    translation = publish_at(site, "/de/", translation_of=first)

    merge(first, second)
    merge(second, third)

    first.refresh_from_db()
    translation.refresh_from_db()
    assert first.merged_into == third
    assert all(leads_to(f"{BLOG}/{name}/") == third for name in "abc")
    assert aliases(third) == {f"{BLOG}/{name}/" for name in "abc"}
    assert ArticleURL.objects.get().article == third
    assert Sighting.objects.get().article == third
    assert translation.translation_of == third


def test_a_translation_that_its_original_is_merged_into_is_none_any_more(site: Site) -> None:
    original = publish_at(site, "/a/")
    translation = publish_at(site, "/b/", translation_of=original)

    merge(original, translation)

    translation.refresh_from_db()
    assert translation.translation_of is None


def test_an_address_that_a_first_sight_gave_to_a_merged_article_meanwhile_is_the_other_ones(
    site: Site,
) -> None:
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    merge(old, new)
    add_row(old, site, f"{BLOG}/late/")

    assert move("/new/", "/late/") == Done.MOVED

    assert aliases(new) == {f"{BLOG}{path}" for path in ("/old/", "/new/", "/late/")}


@pytest.mark.parametrize("name", ["{id}", "{slug}", "{own}", "{own}?a=b#c", BLOG + "/a/#top"])
def test_an_article_is_named_in_any_way(site: Site, name: str) -> None:
    article = publish_at(site, "/a/")
    own = f"{settings.SITE_URL}{article.get_absolute_url()}"

    assert find_named(name.format(id=article.pk, slug=article.slug, own=own)) == article


def test_the_same_merge_again_changes_nothing(site: Site) -> None:
    old, new = publish_at(site, "/a/"), publish_at(site, "/b/")
    merge(old, new)

    assert merge(old, new) == new

    old.refresh_from_db()
    assert old.version == 2
    assert ArticleRevision.objects.count() == 1


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (("a", "a"), "itself"),
        (("b", "merged"), "itself"),
        (("merged", "merged"), "itself"),
        (("merged", "a"), "already_merged"),
        (("own", "a"), "own_article"),
        (("killed", "a"), "killed"),
        (("a", "killed"), "killed"),
        (("a", "draft"), "never_published"),
    ],
)
def test_merges_that_are_refused(
    site: Site, publish_article: PublishArticle, pair: tuple[str, str], code: str
) -> None:
    of = {name: publish_at(site, f"/{name}/") for name in ("a", "b", "merged", "killed", "draft")}
    of["own"] = publish_article()
    merge(of["merged"], of["b"])
    Article.objects.filter(pk=of["killed"].pk).update(state=State.KILLED)
    Article.objects.filter(pk=of["draft"].pk).update(state=State.DRAFT, first_published_at=None)
    before = list(Article.objects.order_by("pk").values())

    with pytest.raises(MoveRefused) as refused:
        merge(of[pair[0]], of[pair[1]])

    assert refused.value.code == code
    assert refused.value.text.endswith(".")
    assert list(Article.objects.order_by("pk").values()) == before


def test_an_own_article_may_be_what_another_is_merged_into(
    site: Site, publish_article: PublishArticle
) -> None:
    own, of_site = publish_article(), publish_at(site, "/a/")

    merge(of_site, own)

    assert leads_to(f"{BLOG}/a/") == own
    own.refresh_from_db()
    assert own.canonical_url == ""
    assert move("/a/", "/b/") == Done.ALIAS
    assert move("/a/", "/b/") == Done.UNCHANGED
    assert aliases(own) == {f"{BLOG}/a/", f"{BLOG}/b/"}


def test_a_merge_that_is_based_on_another_version_is_refused(site: Site) -> None:
    old, new = publish_at(site, "/a/"), publish_at(site, "/b/")

    with pytest.raises(VersionConflict):
        merge_articles(article_id=old.pk, into_id=new.pk, expected_version=7)


def test_an_article_that_does_not_exist_is_not_merged(site: Site) -> None:
    article = publish_at(site, "/a/")

    with pytest.raises(Article.DoesNotExist):
        merge_articles(article_id=article.pk, into_id=uuid4())


@pytest.mark.parametrize("is_canonical", [True, False])
def test_an_address_is_added_and_may_be_the_canonical_one(site: Site, is_canonical: bool) -> None:
    article = publish_at(site, "/a/")

    for _ in range(2):
        added = add_address(
            article_id=article.pk, url=f"{BLOG}/b/", is_canonical=is_canonical, editor="ada"
        )

    article.refresh_from_db()
    assert (added.is_canonical, added.url) == (is_canonical, f"{BLOG}/b/")
    assert article.canonical_url == f"{BLOG}{'/b/' if is_canonical else '/a/'}"
    assert article.version == 1 + is_canonical
    assert aliases(article) == {f"{BLOG}/a/", f"{BLOG}/b/"}
    assert_canonical_urls_are_those_of_their_addresses()


def test_an_address_added_to_a_merged_article_leads_to_the_other_one(site: Site) -> None:
    old, new = publish_at(site, "/a/"), publish_at(site, "/b/")
    merge(old, new)

    add_address(article_id=old.pk, url=f"{BLOG}/c/")

    assert leads_to(f"{BLOG}/c/") == new


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://unknown.example.org/a/", "unknown_site"),
        ("no address", "unknown_site"),
        (f"{BLOG}/tags/a/", "outside_patterns"),
        (f"{BLOG}/", "outside_patterns"),
        (f"{BLOG}/b/", "address_taken"),
    ],
)
@pytest.mark.parametrize("is_canonical", [True, False])
def test_addresses_that_are_refused(url: str, code: str, is_canonical: bool) -> None:
    site = make_site(url_patterns=["!/tags/*"])
    article, _ = publish_at(site, "/a/"), publish_at(site, "/b/")

    with pytest.raises(MoveRefused) as refused:
        add_address(article_id=article.pk, url=url, is_canonical=is_canonical)

    assert refused.value.code == code
    assert ArticleAddress.objects.count() == 2


@pytest.mark.parametrize("state", ["killed", "own"])
def test_articles_that_get_no_canonical_address(
    site: Site, publish_article: PublishArticle, state: str
) -> None:
    article = publish_article() if state == "own" else publish_at(site, "/a/", state=State.KILLED)

    with pytest.raises(MoveRefused) as refused:
        add_address(article_id=article.pk, url=f"{BLOG}/b/", is_canonical=True)

    assert refused.value.code == {"killed": "killed", "own": "own_article"}[state]


def test_a_move_to_an_address_outside_the_patterns_is_refused() -> None:
    publish_at(make_site(url_patterns=["/news/*"]), "/news/a/")

    with pytest.raises(MoveRefused, match="none of the addresses"):
        move("/news/a/", "/about/")


def test_what_follows_a_merge_is_noted_in_its_transaction(site: Site) -> None:
    old, new = publish_at(site, "/a/"), publish_at(site, "/b/")

    class Listener(NullHooks):
        changes: list[Any] = []
        merges: dict[Any, Any] = {}

        def articles_change(self, article_ids: Any) -> None:
            self.changes.extend(article_ids)

        def articles_merged(self, merges: Any) -> None:
            self.merges.update(merges)

    before = register_hooks(listener := Listener())
    try:
        merge(old, new)
    finally:
        register_hooks(before)

    assert listener.changes == [old.pk]
    assert listener.merges == {old.pk: new.pk}
