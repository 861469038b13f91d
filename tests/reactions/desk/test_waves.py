"""Editors see waves, and decide on a whole wave in one step."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.models import Wave, WaveDecision
from tests.reactions.crowds import arrive, hold_back_often
from tests.reactions.oracle import totals

LIST = reverse("admin:reactions_wave_changelist")


@pytest.fixture
def wave(article: Article) -> Wave:
    arrive(article.id, [7] * 25)
    aggregate()
    return Wave.objects.get()


def editor(*permissions: str) -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def decide(client: Client, action: str, wave: Wave) -> int:
    data = {"action": action, "_selected_action": [wave.pk]}
    return client.post(LIST, data).status_code


def test_the_desk_sees_what_was_held_and_why(admin_client: Client, wave: Wave) -> None:
    page = admin_client.get(LIST).content.decode()

    for words in ("The bridge is open", "Many from one network on one story", "5", "Held"):
        assert words in page


def test_one_step_releases_a_lecture_hall(article: Article, wave: Wave) -> None:
    answered = decide(editor("view_wave", "change_wave"), "release_waves", wave)
    aggregate()

    assert answered == 302
    assert totals(article.id) == {"love": 25}
    entry = WaveDecision.objects.get()
    assert (entry.decision, entry.editor, entry.size) == ("released", "ada", 5)


def test_one_step_voids_a_wave(article: Article, wave: Wave) -> None:
    decide(editor("view_wave", "change_wave"), "void_waves", wave)
    aggregate()

    assert totals(article.id) == {"love": 20}
    assert Wave.objects.get().state == "void"


def test_a_user_with_view_permission_decides_nothing(wave: Wave) -> None:
    decide(editor("view_wave"), "release_waves", wave)

    assert Wave.objects.get().state == "held"
    assert not WaveDecision.objects.exists()


def decide_on_its_page(
    client: Client, action: str, wave: Wave, note: str = "", seen: str = "held"
) -> str:
    """Press a button on the wave's own page, where its state was `seen`; returns the page that follows."""
    data = {
        f"reactions_wave_{action}": "",
        "note": note,
        "seen": seen,
        "decisions-TOTAL_FORMS": "0",
        "decisions-INITIAL_FORMS": "0",
    }
    page = reverse("admin:reactions_wave_change", args=[wave.pk])
    return client.post(page, data, follow=True).content.decode()


def test_a_wave_is_decided_on_its_own_page_with_a_note(article: Article, wave: Wave) -> None:
    page = decide_on_its_page(
        editor("view_wave", "change_wave", "view_wavedecision"),
        "release",
        wave,
        "A lecture hall: I asked.",
    )
    aggregate()

    assert totals(article.id) == {"love": 25}
    entry = WaveDecision.objects.get()
    assert (entry.decision, entry.editor, entry.note) == (
        "released",
        "ada",
        "A lecture hall: I asked.",
    )
    assert "5 reactions released" in page
    assert "A lecture hall: I asked." in page


def test_the_page_offers_the_other_decision(admin_client: Client, wave: Wave) -> None:
    page = decide_on_its_page(admin_client, "void", wave)

    assert "reactions_wave_release" in page
    assert "reactions_wave_void" not in page


@pytest.mark.parametrize("action", ["release", "void"])
def test_an_editor_does_not_override_an_unseen_decision(
    admin_client: Client, wave: Wave, action: str
) -> None:
    decide_on_its_page(admin_client, "release", wave, "The first.")

    page = decide_on_its_page(admin_client, action, wave, "The second.")

    assert [each.note for each in WaveDecision.objects.all()] == ["The first."]
    assert "Decided since you opened this page: Released by admin." in page
    assert re.search(r">\s*The second\.\s*</textarea>", page)  # what was typed is still there
    assert 'name="seen" value="released"' in page  # so that a second press decides


def test_a_seen_decision_may_be_reversed(
    article: Article, admin_client: Client, wave: Wave
) -> None:
    decide_on_its_page(admin_client, "release", wave)
    decide_on_its_page(admin_client, "void", wave, seen="released")
    aggregate()

    assert totals(article.id) == {"love": 20}


def test_a_note_that_is_too_long_decides_nothing(admin_client: Client, wave: Wave) -> None:
    page = decide_on_its_page(admin_client, "release", wave, "x" * 1_001)

    assert "at most 1000 characters" in page
    assert Wave.objects.get().state == "held"


def test_a_user_with_view_permission_is_offered_no_decision(wave: Wave) -> None:
    client = editor("view_wave")

    page = client.get(reverse("admin:reactions_wave_change", args=[wave.pk])).content.decode()
    decide_on_its_page(client, "release", wave)

    assert "reactions_wave_release" not in page
    assert Wave.objects.get().state == "held"


def test_the_page_of_a_wave_shows_its_decisions(admin_client: Client, wave: Wave) -> None:
    decide(admin_client, "release_waves", wave)

    page = admin_client.get(reverse("admin:reactions_wave_change", args=[wave.pk]))

    assert page.status_code == 200
    assert "Released" in page.content.decode()
    assert "admin" in page.content.decode()


def test_the_list_takes_as_many_queries_for_many_waves_as_for_one(
    admin_client: Client,
    wave: Wave,
    django_assert_max_num_queries: pytest.FixtureRequest,
) -> None:
    hold_back_often(wave.article_id, 20)

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        admin_client.get(LIST)
