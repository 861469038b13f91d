"""A mirror that a program keeps by the change feed, and the truth that it has to equal."""

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from articles.models import Article
from reactions.counts import read_counts

CHANGES = "/api/v1/changes/"


@dataclass
class Mirror:
    """What is public, by article: the version of the content, and the counts where there are any."""

    client: Client = field(default_factory=Client)
    filters: dict[str, str] = field(default_factory=dict)
    limit: int = 3
    cursor: str = ""
    content: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    def read(self, **parameters: Any) -> dict[str, Any]:
        cursor = {"cursor": self.cursor} if self.cursor else {}
        answer = self.client.get(
            CHANGES, {"limit": self.limit, **self.filters, **cursor, **parameters}
        )
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        self.cursor = body["next"]
        for each in body["results"]:
            self.apply(each)
        return body

    def apply(self, change: dict[str, Any]) -> None:
        article = change["article"]
        if change["kind"] == "gone":
            self.content.pop(article, None)
            self.counts.pop(article, None)
            self.gone[article] = change["reason"]
        elif change["kind"] == "content":
            self.content[article] = change["version"]
        else:
            self.counts[article] = change["counts"]

    def catch_up(self) -> int:
        """Reads until there is no more; returns how many changes came."""
        changes = 0
        while True:
            body = self.read()
            changes += len(body["results"])
            if not body["more"]:
                return changes


def truth(**filters: Any) -> dict[str, int]:
    articles = Article.objects.listed().filter(**filters)
    return {str(each.pk): each.version for each in articles}


def true_counts(**filters: Any) -> dict[str, dict[str, int]]:
    """Of those that have any."""
    articles = Article.objects.listed().filter(**filters).values_list("pk", flat=True)
    return {
        str(each.article_id): dict(each.counts)
        for each in read_counts(list(articles))
        if each.version and each.counts
    }
