"""What editors read at the desk: words of a newsroom, no names of columns, and no times as machines write them."""

import re
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse

from articles import workflow
from articles.editing import create_draft, edit_article
from articles.models import WHAT_WAS_DONE, Article, ArticleRevision
from articles.revisions import compare, describe_content
from articles.workflow import Transition
from tests.articles.desk.client import beside, text_of

pytestmark = pytest.mark.django_db

OF_PROGRAMMERS = re.compile(
    r"\bBCP\b|ISO \d|\bURIs?\b|\b[Uu]rl\b|\bBalance\b|[a-z]_[a-z]|\d{4}-\d\d-\d\dT|[ap]\.m\.|[Rr]eacted article"
    r"|\bReaction states?\b|object|queryset|1 (?:stories|reactions|waves|keys)\b"
)
LISTS = sorted(
    model._meta.label_lower
    for model in admin.site._registry
    if model._meta.app_label in {"articles", "reactions"}
)


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", LISTS)
def test_an_empty_list_says_what_would_be_there(model: str, root: Client) -> None:
    page = root.get(reverse(f"admin:{model.replace('.', '_')}_changelist"))

    shown = text_of(page)
    model_admin = admin.site._registry[apps.get_model(model)]
    assert getattr(model_admin, "nothing_here") in shown  # noqa: B009  # no attribute of Django's class
    assert "This page yielded" not in shown


def test_a_search_without_results_leads_back_to_the_whole_list(root: Client) -> None:
    answer = text_of(root.get(reverse("admin:articles_article_changelist"), {"q": "xyzzy"}))

    assert "Nothing matches what you look for. Show the whole list" in answer


@pytest.mark.parametrize("model", LISTS)
def test_no_form_speaks_of_columns_or_standards(model: str, root: Client) -> None:
    try:
        answer = root.get(reverse(f"admin:{model.replace('.', '_')}_add"))
    except NoReverseMatch:
        return
    if answer.status_code == 200:
        labels = re.findall(
            r"<label[^>]*>(.*?)</label>|leading-relaxed[^>]*>(.*?)</div>",
            answer.content.decode(),
            re.DOTALL,
        )
        words = " ".join(
            re.sub(r"<span class=\"material[^>]*>[^<]*</span>|<[^>]+>|\s+", " ", each)
            for pair in labels
            for each in pair
        )
        assert OF_PROGRAMMERS.findall(words) == []


def test_a_list_of_one_counts_one_story(root: Client) -> None:
    create_draft(values={"headline": "Alone", "slug": "alone"})

    for model in ("articles_article", "reactions_reactedarticle"):
        shown = text_of(root.get(reverse(f"admin:{model}_changelist")))
        assert "1 story" in shown
        assert "1 stories" not in shown


@pytest.fixture
def corrected() -> Article:
    values = {
        "headline": "The bridge",
        "slug": "bridge",
        "body_markdown": "It is.",
        "dateline": {"place": "Homs", "date": datetime(2024, 12, 8).date(), "style": "ap_print"},  # noqa: DTZ001
    }
    article = create_draft(values=values, editor="edda")
    soon = datetime(2999, 1, 15, 9, tzinfo=UTC)
    workflow.schedule(article_id=article.pk, embargoed_until=soon, editor="edda")
    edit_article(
        article_id=article.pk, changes={"expires_at": soon.replace(year=3000)}, expected_version=2
    )
    return article


def test_differences_are_in_words(corrected: Article) -> None:
    first, second, third = ArticleRevision.objects.order_by("version")

    scheduled = {each.label: each.text for each in compare(older=first, newer=second)}
    edited = {each.label: each.text for each in compare(older=second, newer=third)}
    content = {each.label: each.text for each in describe_content(first)}

    assert scheduled == {"State": "-Draft\n+Scheduled", "Embargo": "+15 January 2999, 09:00"}
    assert edited == {"Unpublish at": "+15 January 3000, 09:00"}
    assert content["Dateline: date"] == "8 December 2024"
    assert content["Dateline: style"] == "AP in print"
    assert "Byline" not in content


def test_versions_say_what_was_done(corrected: Article, root: Client) -> None:
    versions = text_of(root.get(beside(corrected, "versions")))
    revisions = reverse("admin:articles_articlerevision_changelist")
    listed = text_of(root.get(revisions))
    of_one = text_of(root.get(revisions, {"kind": "schedule"}))
    one = ArticleRevision.objects.order_by("version").first()
    assert one
    form = text_of(root.get(reverse("admin:articles_articlerevision_change", args=[one.pk])))

    assert "written edda" in versions
    assert "Scheduled" in listed
    assert "1 version" in of_one
    assert "What the story says" in form
    assert "dateline_place" not in form


def test_every_transition_has_its_words() -> None:
    assert set(Transition) <= WHAT_WAS_DONE.keys()


def test_a_history_without_changes_says_so(root: Client) -> None:
    author = reverse("admin:articles_author_add")
    root.post(author, {"name": "Ann Lee", "slug": "ann-lee"})
    user = User.objects.get()

    history = text_of(root.get(reverse("admin:auth_user_history", args=[user.pk])))

    assert "Nobody has changed this at the desk so far." in history


def test_roles_are_given_in_words(root: Client) -> None:
    form = text_of(root.get(reverse("admin:auth_user_change", args=[User.objects.get().pk])))

    assert "May sign in at the desk" in form
    assert "Designates" not in form
