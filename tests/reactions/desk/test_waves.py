"""Editors see waves, and decide on a whole wave in one step."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from articles.models import Account, Article
from reactions.counting.aggregate import aggregate
from reactions.desk.wave_words import rule_in_words
from reactions.kinds import pack
from reactions.models import Reaction, Wave, WaveDecision
from reactions.moderation.decisions import release_wave
from tests.reactions.crowds import NOON, arrive, hold_back_often
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


def shown(client: Client, wave: Wave) -> str:
    page = client.get(reverse("admin:reactions_wave_change", args=[wave.pk])).content.decode()
    return " ".join(page.split())


def cell(page: str, name: str, kind: str) -> str:
    found = re.search(rf'data-{name}="{kind}">([\d,]+)<', page)
    assert found, page
    return found[1]


def test_the_page_shows_what_a_release_changes_and_why(
    article: Article, admin_client: Client
) -> None:
    arrive(article.id, [7] * 25)
    arrive(article.id, [8] * 30, kinds=pack(["angry"]), every=timedelta(seconds=10))
    aggregate()
    (wave,) = Wave.objects.all()

    page = shown(admin_client, wave)

    # Twenty of each network are counted.
    assert [cell(page, "held", kind) for kind in ("love", "angry", "sad")] == ["5", "10", "0"]
    assert [cell(page, "with", kind) for kind in ("love", "angry", "sad")] == ["25", "30", "0"]
    assert "First reactions from one network beyond 20 in an hour" in page
    assert "They came from 2 networks; the largest of them sent about 55 %." in page
    assert f"/desk/stories/{article.pk}/" in page
    assert "figures-chart" in page
    assert "each minute that had any" in page
    assert "Other waves of this story" in page
    assert "None. Further waves" in page


def test_the_page_of_a_released_wave_shows_the_counts_without_it(
    article: Article, admin_client: Client, wave: Wave
) -> None:
    release_wave(wave_id=wave.pk, editor="ada", note="A lecture hall.")
    aggregate()
    other = hold_another(article)

    page = shown(admin_client, Wave.objects.get(pk=wave.pk))
    of_other = shown(admin_client, other)

    assert cell(page, "with", "love") == "25"
    assert "Without it" in page
    assert "Released by ada: “A lecture hall.”" in of_other
    assert "held, not decided" in page


def hold_another(article: Article) -> Wave:
    return Wave.objects.create(
        article_id=article.pk,
        rule="surge",
        started_at=NOON - timedelta(days=9),
        last_at=NOON - timedelta(days=8),
        size=3,
        network_count=1_000,
        is_open=False,
    )


def test_networks_are_a_number_and_never_a_hash(article: Article, admin_client: Client) -> None:
    networks = [123456789012345, 223456789012345]
    wave = hold_another(article)
    Wave.objects.filter(pk=wave.pk).update(networks=networks)

    page = shown(admin_client, Wave.objects.get())

    assert "They came from 1,000 or more networks. How many from each is no longer known" in page
    assert not any(str(each) in page for each in networks)


def test_a_wave_of_one_network_says_so(admin_client: Client, wave: Wave) -> None:
    assert "All came from one network." in shown(admin_client, wave)


@pytest.mark.parametrize(
    ("lasts", "words"),
    [
        (timedelta(minutes=3), "each minute"),
        (timedelta(hours=5), "each 5 minutes"),
        (timedelta(days=3), "each hour"),
        (timedelta(days=19), "each 4 hours"),
        (timedelta(days=900), "each day"),
    ],
)
def test_a_long_wave_has_longer_bars(
    article: Article, admin_client: Client, lasts: timedelta, words: str
) -> None:
    wave = hold_another(article)
    Wave.objects.filter(pk=wave.pk).update(last_at=wave.started_at + lasts)
    late, *_ = arrive(article.id, [7, 7, 7])
    Reaction.objects.update(wave_id=wave.pk, held=True, changed_at=wave.started_at)
    Reaction.objects.filter(reader_id=late).update(changed_at=NOON + timedelta(days=999))

    page = shown(admin_client, Wave.objects.get())

    assert f"{words} that had any" in page
    assert "1 reader changed their choice later" in page
    assert page.count("figures-chart") == 1


def test_an_empty_list_says_what_would_be_there(admin_client: Client) -> None:
    assert "No wave so far. Reactions that match a moderation rule" in " ".join(
        admin_client.get(LIST).content.decode().split()
    )
    filtered = admin_client.get(LIST, {"state__exact": "void"}).content.decode()
    assert "Nothing matches what you look for." in filtered


def test_times_are_those_of_the_users_zone(
    admin_client: Client, admin_user: User, wave: Wave
) -> None:
    Account.objects.create(user=admin_user, timezone="Asia/Kathmandu")

    page = admin_client.get(LIST).content.decode()

    assert "8 Dec 2024, 17:45 – 17:45" in page


def test_a_rule_that_is_no_more_has_its_name() -> None:
    assert rule_in_words("gone") == ["gone"]
