"""The desk's list of articles with their counts, and an article's statistics page."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, ArticleTag, AuditEntry, Section, Tag
from reactions.counting.aggregate import aggregate
from reactions.counts import get_counts
from reactions.default_policies import refresh_articles, save_default_policy
from reactions.kinds import KINDS, pack
from reactions.models import DefaultPolicy, Policy
from reactions.policy import OwnPolicy, get_policy, set_policy
from reactions.record import set_reactions
from tests.conftest import PublishArticle

PAST = datetime(2024, 12, 9, 10, 0, tzinfo=UTC)
LIST = reverse("admin:reactions_reactedarticle_changelist")
LIST_COLUMNS = ("headline", "published_at", "total", *(kind.key for kind in KINDS))


@pytest.fixture
def editor(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("editor"))
    return client


def react(article: Article, *keys: str) -> None:
    for key in keys:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))
    aggregate()


def test_the_list_shows_and_sorts_by_each_count(
    editor: Client, publish_article: PublishArticle
) -> None:
    quiet, loud = publish_article(headline="Quiet"), publish_article(headline="Loud")
    react(quiet, "sad")
    react(loud, "love", "love", "wow")
    position = LIST_COLUMNS.index("total") + 1

    page = editor.get(LIST, {"o": f"-{position}"}).content.decode()

    assert page.index("Loud") < page.index("Quiet")
    assert re.findall(r">\s*3\s*<", page)


def test_every_column_of_counts_sorts(editor: Client, publish_article: PublishArticle) -> None:
    for kind in KINDS:
        react(publish_article(headline=f"Mostly {kind.key}"), kind.key)

    for position, kind in enumerate(KINDS, start=LIST_COLUMNS.index("total") + 2):
        page = editor.get(LIST, {"o": f"-{position}"}).content.decode()
        headlines = re.findall(r"Mostly (\w+)", page)
        assert headlines[0] == kind.key


def test_the_list_costs_the_same_however_long(
    editor: Client,
    publish_article: PublishArticle,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(30):
        publish_article()

    with django_assert_max_num_queries(11):
        assert editor.get(LIST).status_code == 200


def test_strangers_are_asked_to_sign_in(client: Client, article: Article) -> None:
    for address in (LIST, reverse("desk:story", args=[article.id]), reverse("desk:stories")):
        response = client.get(address)
        assert response.status_code == 302
        assert "/desk/login/" in response["Location"]


def test_editors_without_permission_see_nothing(client: Client, article: Article) -> None:
    client.force_login(User.objects.create_user("intern", is_staff=True))

    assert client.get(LIST).status_code == 403
    assert client.get(reverse("desk:story", args=[article.id])).status_code == 403
    assert client.get(reverse("desk:stories")).status_code == 403


@pytest.mark.parametrize(
    ("action", "state"),
    [("closed_reactions", "closed"), ("hidden_reactions", "hidden"), ("open_reactions", "open")],
)
def test_an_editor_closes_hides_and_opens_reactions(
    editor: Client, article: Article, action: str, state: str
) -> None:
    editor.post(LIST, {"action": action, "_selected_action": [str(article.id)]})
    aggregate()

    counts = get_counts(article.id)
    assert counts is not None
    assert counts.state == state


def policy_page(article: Article) -> str:
    return reverse("admin:reactions_reactedarticle_change", args=[article.id])


def test_an_editor_sets_an_articles_policy_and_its_history_records_it(
    editor: Client, article: Article
) -> None:
    before = Article.objects.values().get()
    shown_state = {"reactions": "open", "kinds": ["love", "sad"], "close_after_days": "0"}

    response = editor.post(policy_page(article), shown_state)

    found = get_policy(article.id)
    assert response.status_code == 302
    assert found is not None
    assert found[0] == OwnPolicy("open", pack(["love", "sad"]), None, 0)
    assert Article.objects.values().get() == before
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("editor", "policy set")
    assert (entry.object_type, entry.object_id) == ("article", str(article.id))
    assert entry.before == {"state": None, "accepts": None, "close_after_days": None}
    assert entry.after == {"state": "open", "accepts": ["love", "sad"], "close_after_days": 0}


def test_the_form_shows_the_own_and_the_effective_policy(editor: Client, article: Article) -> None:
    set_policy(article_id=article.id, allowed=pack(["sad"]), closes_at=PAST)

    page = editor.get(policy_page(article)).content.decode()

    assert "closed, sad, until 2024-12-09 10:00 UTC" in page
    assert re.findall(r'value="(\w+)"[^>]*\schecked(?=[\s>])', page) == ["sad"]
    assert 'value="09/12/2024"' in page


def test_a_time_and_a_number_of_days_are_refused_together(editor: Client, article: Article) -> None:
    both = {"closes_at_0": "2030-01-01", "closes_at_1": "10:00", "close_after_days": "3"}

    page = editor.post(policy_page(article), both).content.decode()

    assert "A time or a number of days, not both." in page
    assert not Policy.objects.exists()


def test_closing_many_leaves_an_entry_for_each_and_keeps_their_kinds(
    editor: Client, publish_article: PublishArticle
) -> None:
    articles = [publish_article(), publish_article()]
    set_policy(article_id=articles[0].id, allowed=pack(["sad"]))

    chosen = [str(each.id) for each in articles]
    editor.post(LIST, {"action": "closed_reactions", "_selected_action": chosen})

    closed = AuditEntry.objects.filter(actor="editor", after={"state": "closed"})
    assert set(closed.values_list("object_id", flat=True)) == set(chosen)
    assert Policy.objects.get(pk=articles[0].id).allowed == pack(["sad"])
    assert set(Policy.objects.values_list("state", flat=True)) == {"closed"}


def test_the_list_shows_each_effective_policy(editor: Client, article: Article) -> None:
    set_policy(article_id=article.id, closes_at=PAST)

    page = editor.get(LIST).content.decode()

    assert re.search(rf'href="{policy_page(article)}"[^>]*>closed<', page)


def test_a_user_with_view_permission_sees_the_statistics(client: Client, article: Article) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_reactedarticle"))
    client.force_login(viewer)

    looked = client.get(policy_page(article))
    tried = client.post(policy_page(article), {"reactions": "hidden"})

    assert looked["Location"] == reverse("desk:story", args=[article.id])
    assert tried.status_code == 302
    assert not Policy.objects.exists()


def test_an_editor_saves_a_default_policy(editor: Client, article: Article) -> None:
    tag = Tag.objects.create(slug="obituary", name="Obituary")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    add, words = reverse("admin:reactions_defaultpolicy_add"), {"name": "No jokes", "tag": tag.pk}

    editor.post(add, words | {"state": "open", "kinds": ["sad", "love"]})
    policy = DefaultPolicy.objects.get()
    refresh_articles()
    narrowed = get_counts(article.id)
    shown = editor.get(reverse("admin:reactions_defaultpolicy_changelist")).content.decode()
    editor.post(reverse("admin:reactions_defaultpolicy_delete", args=[policy.pk]), {"post": "yes"})
    refresh_articles()
    freed = get_counts(article.id)

    assert narrowed is not None
    assert freed is not None
    assert (narrowed.allowed, len(freed.allowed)) == (("love", "sad"), 7)
    assert "love, sad" in shown
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["deleted", "added"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({}, "A default policy is for a section, a tag or a site."),
        (
            {"tag": "obituary", "section": "world"},
            "A default policy is for a section, a tag or a site.",
        ),
        ({"tag": "taken"}, "This tag already has a default policy."),
        ({"tag": "obituary", "close_after_days": "0"}, "greater than or equal to 1"),
    ],
)
def test_an_invalid_default_policy_is_refused(
    editor: Client, words: dict[str, str], refusal: str
) -> None:
    tags = {slug: Tag.objects.create(slug=slug, name=slug).pk for slug in ("obituary", "taken")}
    world = Section.objects.create(slug="world", name="World").pk
    save_default_policy(DefaultPolicy(name="There is one", tag_id=tags["taken"]))
    ids = {
        "tag": tags.get(words.get("tag", ""), ""),
        "section": world if "section" in words else "",
    }

    page = editor.post(
        reverse("admin:reactions_defaultpolicy_add"), {"name": "New", "state": "open"} | words | ids
    )

    assert refusal in page.content.decode()
    assert DefaultPolicy.objects.count() == 1


def test_a_tag_of_a_default_policy_cannot_be_deleted(editor: Client) -> None:
    tag = Tag.objects.create(slug="obituary", name="Obituary")
    save_default_policy(DefaultPolicy(name="No jokes", tag=tag))

    editor.post(reverse("admin:articles_tag_delete", args=[tag.pk]), {"post": "yes"})

    assert Tag.objects.filter(pk=tag.pk).exists()


def test_signing_in_leads_to_the_desk(client: Client, db: None) -> None:
    User.objects.create_user("ada", password="correct horse", is_staff=True)
    whom = {"username": "ada", "password": "correct horse"}

    answer = client.post(reverse("admin:login"), whom)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:index")
