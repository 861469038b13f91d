"""Pictures that come with an article: named by every format, fetched by a worker, stored with the article."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles.api.api_keys import issue_key
from articles.editing import restore_revision
from articles.formats import read_stories
from articles.formats.story import LeadImage, Story
from articles.http_client import fetch
from articles.ingest import Action, ingest_stories
from articles.media import pictures
from articles.media.images import read_picture
from articles.media.pictures import prepare_due, put_picture
from articles.models import Article, Media
from tests.articles.conftest import ArticleFile, read, with_changes
from tests.articles.formats.samples import EVERY
from tests.articles.media.drawings import claiming, draw
from tests.articles.test_http_client import Site, answer
from tests.articles.test_http_client import site as site
from tests.conftest import PublishArticle
from tests.servers import RunningStack

pytestmark = pytest.mark.django_db

IMAGE = "lead_image: {caption: The bridge at noon.}"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def with_picture(url: str, **words: str) -> Story:
    words = {"caption": "The bridge at noon."} | words
    return replace(read(with_changes()), lead_image=LeadImage(**words, url=url))


def publish(article: Story) -> tuple[Action, Media]:
    (outcome,) = ingest_stories([article])
    image = Article.objects.get().lead_image
    assert image
    return outcome.action, image


def test_a_picture_is_fetched_after_its_article_is_published(site: Site) -> None:
    site.answers["/p.jpg"] = answer(draw(400, 300))

    _, before = publish(with_picture(site.url("/p.jpg")))
    count = prepare_due(allowed=site.allowed)

    media = Media.objects.get()
    assert (count, before.url, media.width, media.height) == (1, "", 400, 300)
    assert media.list_crops("16x9")
    assert (media.due_at, media.last_error) == (None, "")


def test_a_second_import_of_an_article_fetches_nothing(site: Site) -> None:
    site.answers["/p.jpg"] = answer(draw(400, 300))
    article = with_picture(site.url("/p.jpg"))
    publish(article)
    prepare_due(allowed=site.allowed)

    action, media = publish(article)

    assert (action, prepare_due(allowed=site.allowed), len(site.seen)) == (Action.UNCHANGED, 0, 1)
    assert media.file


def test_a_picture_at_another_address_replaces_the_first(site: Site) -> None:
    site.answers["/p.jpg"], site.answers["/q.jpg"] = answer(draw(400, 300)), answer(draw(64, 48))
    publish(with_picture(site.url("/p.jpg")))
    prepare_due(allowed=site.allowed)

    action, media = publish(with_picture(site.url("/q.jpg")))
    prepare_due(allowed=site.allowed)

    assert (action, media.url) == (Action.UPDATED, "")
    assert Media.objects.get().width == 64


def test_a_caption_that_changes_keeps_the_file(site: Site) -> None:
    site.answers["/p.jpg"] = answer(draw(400, 300))
    publish(with_picture(site.url("/p.jpg")))
    prepare_due(allowed=site.allowed)

    action, media = publish(with_picture(site.url("/p.jpg"), caption="At dusk."))

    assert (action, media.caption, media.width) == (Action.UPDATED, "At dusk.", 400)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg><script/></svg>", "The file is not a JPEG, PNG or WebP picture."),
        (claiming(60_000, 60_000), "The file claims more than 64 million pixels."),
        (b"", "The file is empty."),
    ],
)
def test_an_invalid_picture_is_fetched_once_and_the_article_stays(
    content: bytes, reason: str, site: Site, folder: Path
) -> None:
    site.answers["/p.jpg"] = answer(content)
    _, media = publish(with_picture(site.url("/p.jpg")))

    prepare_due(allowed=site.allowed)

    media.refresh_from_db()
    assert (media.due_at, media.last_error, bool(media.file)) == (None, reason, False)
    assert Article.objects.public().exists()
    assert not folder.exists()


def test_a_fetch_that_fails_is_retried_a_few_times_with_growing_delays(site: Site) -> None:
    site.answers["/p.jpg"] = answer(status=503)
    publish(with_picture(site.url("/p.jpg")))

    waits = []
    for _ in range(10):
        now = timezone.now()
        if prepare_due(allowed=site.allowed) and (due_at := Media.objects.get().due_at):
            waits.append(round((due_at - now).total_seconds() / 60))
            Media.objects.update(due_at=now)

    assert waits == [1, 2, 4, 8, 16]
    assert len(site.seen) == pictures.ATTEMPTS
    assert Media.objects.get().last_error == "the server answered 503."


def test_no_picture_is_fetched_from_this_machine(site: Site) -> None:
    publish(with_picture(site.url("/p.jpg")))

    prepare_due()

    assert "is not allowed" in Media.objects.get().last_error
    assert site.seen == []


def test_an_upload_during_a_slow_fetch_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, media = publish(with_picture(site.url("/p.jpg")))

    site.answers["/p.jpg"] = answer(draw(400, 300))

    def slow(url: str, **options: object) -> object:
        media.source_url = ""
        put_picture(media, read_picture(draw(64, 48)))
        return fetch(url, **options)  # type: ignore[arg-type]  # whatever it was given

    monkeypatch.setattr(pictures, "fetch", slow)
    prepare_due(allowed=site.allowed)

    assert Media.objects.get().width == 64


def test_an_upload_of_the_desks_is_not_overwritten_silently(site: Site) -> None:
    _, media = publish(with_picture(site.url("/p.jpg")))
    media.source_url = ""
    put_picture(media, read_picture(draw(64, 48)))

    action, media = publish(with_picture(site.url("/q.jpg")))

    assert (action, media.width) == (Action.CONFLICT, 64)


def test_a_picture_that_another_article_shows_stays_there(
    site: Site, publish_article: PublishArticle
) -> None:
    _, media = publish(with_picture(site.url("/p.jpg")))
    other = publish_article(lead_image=media)

    ingest_stories([with_picture(site.url("/q.jpg"), caption="At dusk.")])

    other.refresh_from_db()
    assert other.lead_image
    assert other.lead_image.caption == "The bridge at noon."
    assert Article.objects.get(slug="bridge-opens").lead_image != other.lead_image


def test_an_article_hashed_before_pictures_had_addresses_was_not_edited(site: Site) -> None:
    publish(read(with_changes()))

    action, media = publish(with_picture(site.url("/p.jpg")))

    assert (action, media.source_url) == (Action.UPDATED, site.url("/p.jpg"))


def test_a_file_beside_the_article_is_its_picture(
    article_file: ArticleFile, tmp_path: Path
) -> None:
    (tmp_path / "b.png").write_bytes(draw(400, 300, "PNG"))
    path = article_file((IMAGE, "lead_image: {caption: At noon., image: b.png}"))

    call_command("publish", str(path))
    call_command("publish", str(path))

    article = Article.objects.get()
    assert article.lead_image
    assert (article.version, article.lead_image.width) == (1, 400)

    (tmp_path / "b.png").write_bytes(draw(300, 300, "PNG"))
    call_command("publish", str(path))

    article.refresh_from_db()
    assert (article.version, Media.objects.get().width) == (2, 300)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("gone.png", None, "11: lead_image: gone.png cannot be read: no such file or directory."),
        ("b.png", b"text", "11: lead_image: b.png is not a JPEG, PNG or WebP picture."),
        ("b.png", claiming(60_000, 60_000), "11: lead_image: b.png claims more than 64 million pixels."),
        ("../b.png", None, "11: lead_image.image: '../b.png' is no web address and no file beside the story."),
        ("/etc/b.png", None, "11: lead_image.image: '/etc/b.png' is no web address and no file beside the story."),
        ("file:///b.png", None, "11: lead_image.image: 'file:///b.png' is no web address and no file beside the story."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_picture_is_refused_with_its_line(
    name: str,
    content: bytes | None,
    line: str,
    article_file: ArticleFile,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = article_file((IMAGE, f"lead_image: {{caption: At noon., image: {name!r}}}"))
    if content is not None:
        (path.parent / name).write_bytes(content)

    with pytest.raises(SystemExit):
        call_command("publish", str(path))

    assert capsys.readouterr().err == f"{path}:{line}\n"
    assert not Article.objects.exists()
    assert not folder.exists()


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_format_names_its_picture(name: str) -> None:
    (article,) = read_stories(EVERY[name], name=name, zone=timezone.get_default_timezone())

    assert article.lead_image
    assert article.lead_image.url == "https://afp.example/p.jpg"


@pytest.fixture
def key() -> str:
    return issue_key(name="desk", scopes=["articles:write"])


def test_a_program_names_a_picture_and_later_edits_keep_its_file(
    key: str, client: Client, site: Site
) -> None:
    site.answers["/p.jpg"] = answer(draw(400, 300))
    headers = {"authorization": f"Bearer {key}"}
    image = {"caption": "At noon.", "source_url": "https://afp.example/p.jpg"}
    body = {"headline": "The bridge is open", "body_markdown": "It is.", "lead_image": image}
    client.post("/api/v1/articles/", body, "application/json", headers=headers)
    Media.objects.update(source_url=site.url("/p.jpg"))
    prepare_due(allowed=site.allowed)

    edited = {"caption": "At dusk.", "focal_point": {"x": 0.25, "y": 0.5}}
    url = "/api/v1/articles/the-bridge-is-open/"
    changed = client.patch(
        url, {"lead_image": edited}, "application/json", headers=headers | {"if-match": '"1"'}
    )

    image = changed.json()["lead_image"]
    assert (image["caption"], image["width"], image["focal_point"]["x"]) == ("At dusk.", 400, 0.25)
    assert prepare_due() == 1  # the crops around another point

    restored = restore_revision(
        article_id=Article.objects.get().pk, version=1, expected_version=None, editor="ann"
    )
    assert restored.lead_image
    assert (restored.lead_image.caption, restored.lead_image.width) == ("At noon.", 400)


@pytest.mark.parametrize(
    ("image", "field"),
    [
        ({"caption": "x", "source_url": "file:///etc/passwd"}, "lead_image.source_url"),
        ({"caption": "x", "focal_point": {"x": 1.5, "y": 0}}, "lead_image.focal_point.x"),
        ({"caption": "x", "file": "x"}, "lead_image.file"),
    ],
)
def test_a_program_gets_the_name_of_the_invalid_field(
    image: dict[str, object], field: str, key: str, client: Client
) -> None:
    body = {"headline": "The bridge is open", "body_markdown": "It is.", "lead_image": image}

    refused = client.post(
        "/api/v1/articles/", body, "application/json", headers={"authorization": f"Bearer {key}"}
    )

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == field


@pytest.mark.stack
def test_the_worker_renders_a_published_picture(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "bridge.png").write_bytes(draw(640, 360, "PNG"))
    (tmp_path / "story.md").write_text(
        "---\nheadline: A bridge of its own\nlead_image: {caption: At noon., image: bridge.png}\n"
        "---\n\nIt opened.\n"
    )

    published = stack.manage("publish", tmp_path / "story.md")

    assert published.stdout.startswith("created")
    assert "Connection refused" not in published.stderr
    address = "articles/a-bridge-of-its-own/"
    until(lambda: 'type="image/webp"' in stack.get(address))
    assert stack.manage("publish", tmp_path / "story.md").stdout.startswith("unchanged")


def until(holds: Callable[[], bool]) -> None:
    deadline = timezone.now() + timedelta(seconds=30)
    while not holds():
        assert timezone.now() < deadline
