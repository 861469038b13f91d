"""Every type of page is valid HTML, by the Nu HTML Checker. `make lint` runs it where Java and npm are present."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import F
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from articles.models import Article, State
from articles.pages.preview_links import end_links, make_link
from reactions.counting.aggregate import aggregate
from reactions.counting.cache_writer import write_stale_counts
from reactions.kinds import pack
from reactions.models import Bucket, Policy
from reactions.moderation.signals import Signals
from reactions.policy import set_policy
from reactions.record import set_reactions
from reactions.stats.rankings import LEAST_REACTIONS
from tests import page_types
from tests.conftest import PublishArticle
from tests.reactions.rankings import forget_rankings
from tests.reactions.visitor import Visitor

pytestmark = pytest.mark.django_db

CHECKER = settings.BASE_DIR / "tests/javascript/node_modules/vnu-jar/build/dist/vnu.jar"


def test_every_page_is_valid(
    publish_article: PublishArticle, client: Client, tmp_path: Path, settings: Settings
) -> None:
    settings.REACTIONS_PUBLIC_RANKINGS = ["love"]
    forget_rankings()
    page_types.fill()
    react_to(Article.objects.exclude(state=State.KILLED)[:4])
    draft, other = publish_article(state=State.DRAFT), publish_article(state=State.DRAFT)
    ended = make_link(other)
    end_links(article_id=other.pk)
    closed = publish_article()
    set_policy(article_id=closed.pk, state=Policy.State.CLOSED)

    pages = {name: client.get(path).content for name, path in page_types.PAGES.items()}
    pages |= {
        "closed": client.get(closed.get_absolute_url()).content,
        "refused": client.get(f"{closed.get_absolute_url()}?reaction=closed").content,
        "frame": client.get(f"/embed/{page_types.FULL}/?headline=1").content,
        "frame closed": client.get(f"/embed/{closed.pk}/?theme=dark&layout=row").content,
        "frame of nothing": client.get("/embed/nothing/").content,
        "preview": client.get(path_of(make_link(draft))).content,
        "preview ended": client.get(path_of(ended)).content,
    }
    pages |= pages_of_a_reader(Article.objects.get(slug=page_types.FULL))
    pages |= {
        name: render_to_string(f"{name}.html").encode() for name in ("400", "403", "500", "503")
    }
    files = []
    for name, content in pages.items():
        files.append(tmp_path / f"{name.replace(' ', '-')}.html")
        files[-1].write_bytes(content)

    assert b"Most loved today" in pages["front"]
    assert problems_of(files) == []


def react_to(articles: object) -> None:
    """As many reactions as rank each of the articles."""
    for article in articles:  # type: ignore[attr-defined]  # a queryset
        for network in range(LEAST_REACTIONS):
            set_reactions(
                article_id=article.pk,
                reader_id=uuid4(),
                kinds=pack(["love"]),
                signals=Signals(network, has_page_token=True),
            )
    aggregate()
    write_stale_counts()
    Bucket.objects.update(start=F("start") - timedelta(hours=1))


def path_of(url: str) -> str:
    return url.removeprefix(settings.SITE_URL)


def pages_of_a_reader(article: Article) -> dict[str, bytes]:
    visitor = Visitor(article)
    visitor.choose("sad")
    paths = {
        "own story": article.get_absolute_url(),
        "own reactions": "/privacy/",
        "confirmation": "/privacy/erase/",
        "forgotten": "/privacy/?done=erased",
    }
    return {name: visitor.client.get(path).content for name, path in paths.items()}


def problems_of(files: list[Path]) -> list[str]:
    """What the checker says against the files, a line each."""
    command = ["java", "-jar", str(CHECKER), "--format", "json", *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert checked.stderr.startswith("{"), checked.stderr
    return [
        f"{Path(found['url']).name}: {found['message']} {found.get('extract', '')!r}"
        for found in json.loads(checked.stderr)["messages"]
    ]


def test_the_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "wrong.html"
    srcset = '<img alt="" src="/a" srcset="/a 320w, /b 320w" sizes="100vw">'
    file.write_text(f"<!DOCTYPE html><html lang=en><title>x</title><h1 id=a id=b>x</h1>{srcset}")

    assert len(problems_of([file])) == 2
