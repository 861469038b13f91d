"""What a visitor of a site meets, as JSON: run by test_site_kinds.py in a process with that site's settings."""

import json
import sys
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402

from articles.hooks import reaction_hooks  # noqa: E402
from articles.models import Article  # noqa: E402
from reactions.counting.aggregate import aggregate  # noqa: E402
from reactions.kinds import pack  # noqa: E402
from reactions.record import ReactionRefused, clear_reactions, set_reactions  # noqa: E402


def visit(article: Article, reader_id: UUID) -> dict[str, Any]:
    """Agree, try what is retired and what is unknown, look; then the reader who laughed takes it back."""
    url, client = f"/api/v1/articles/{article.id}/reactions/", Client()

    def put(key: str) -> Any:
        return client.put(f"{url}mine/", {"reactions": [key]}, content_type="application/json")

    def try_again() -> str:
        try:
            set_reactions(article_id=article.id, reader_id=reader_id, kinds=pack(["funny"]))
        except ReactionRefused as refused:
            return refused.reason
        return "taken"

    widget = reaction_hooks().widget(RequestFactory().get(article.get_absolute_url()), article)
    told = {
        "before": client.get(url).json(),
        "statuses": {key: put(key).status_code for key in ("funny", "like", "agree")},
        "folded": aggregate(),
        "after": client.get(url).json(),
        "page": client.get(article.get_absolute_url()).content.decode(),
        "actions": [(each.action, each.name) for each in widget.interactions],
    }
    undone = clear_reactions(article_id=article.id, reader_id=reader_id)
    told |= {"undone": undone.as_json(), "again": try_again(), "folded": aggregate()}
    return told | {"last": client.get(url).json()}


if __name__ == "__main__":
    settings.ALLOWED_HOSTS.append("testserver")
    print(json.dumps(visit(Article.objects.get(pk=sys.argv[1]), UUID(sys.argv[2]))))  # noqa: T201
