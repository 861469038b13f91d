"""The responses that a visitor of a site gets, as JSON: run by test_site_kinds.py in a process with that site's settings."""

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
    """Reacts with agree, with a retired and with an unknown kind, and reads; then the reader with the retired kind clears it."""
    url, client = f"/api/v1/articles/{article.id}/reactions/", Client()

    def put(key: str) -> Any:
        return client.put(f"{url}mine/", {"reactions": [key]}, content_type="application/json")

    def try_again() -> str:
        try:
            set_reactions(article_id=article.id, reader_id=reader_id, kinds=pack(["funny"]))
        except ReactionRefused as refused:
            return refused.reason
        return "taken"

    client.post("/api/v1/readers/")
    widget = reaction_hooks().widget(RequestFactory().get(article.get_absolute_url()), article)
    answers = {
        "before": client.get(url).json(),
        "statuses": {key: put(key).status_code for key in ("funny", "like", "agree")},
        "aggregated": aggregate(),
        "after": client.get(url).json(),
        "page": client.get(article.get_absolute_url()).content.decode(),
        "actions": [(each.action, each.name) for each in widget.interactions],
    }
    undone = clear_reactions(article_id=article.id, reader_id=reader_id)
    answers |= {"undone": undone.as_json(), "again": try_again(), "aggregated": aggregate()}
    return answers | {"last": client.get(url).json()}


if __name__ == "__main__":
    settings.ALLOWED_HOSTS.append("testserver")
    print(json.dumps(visit(Article.objects.get(pk=sys.argv[1]), UUID(sys.argv[2]))))  # noqa: T201
