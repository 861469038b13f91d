"""Editors see waves, and decide a whole one in one step."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from articles.models import Article
from reactions.fold import fold
from reactions.models import Wave, WaveDecision
from tests.reactions.crowds import arrive
from tests.reactions.oracle import totals

LIST = reverse("admin:reactions_wave_changelist")


@pytest.fixture
def wave(article: Article) -> Wave:
    arrive(article.id, [7] * 200)
    fold()
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

    for words in ("The bridge is open", "Many from one network on one story", "180", "Held"):
        assert words in page


def test_one_step_releases_a_lecture_hall(article: Article, wave: Wave) -> None:
    answered = decide(editor("view_wave", "change_wave"), "release_waves", wave)
    fold()

    assert answered == 302
    assert totals(article.id) == {"love": 200}
    entry = WaveDecision.objects.get()
    assert (entry.decision, entry.editor, entry.size) == ("released", "ada", 180)


def test_one_step_voids_a_wave(article: Article, wave: Wave) -> None:
    decide(editor("view_wave", "change_wave"), "void_waves", wave)
    fold()

    assert totals(article.id) == {"love": 20}
    assert Wave.objects.get().state == "void"


def test_whoever_may_only_look_decides_nothing(wave: Wave) -> None:
    decide(editor("view_wave"), "release_waves", wave)

    assert Wave.objects.get().state == "held"
    assert not WaveDecision.objects.exists()


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
    Wave.objects.bulk_create(
        Wave(
            article_id=wave.article_id,
            rule="surge",
            is_open=False,
            started_at=wave.started_at,
            last_at=wave.last_at,
            size=1,
            network_count=1,
        )
        for _ in range(20)
    )

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        admin_client.get(LIST)
