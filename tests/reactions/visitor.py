"""A visitor of an article: the requests that a browser or a script sends, and their responses."""

from functools import cache
from typing import Any

from django.test import Client
from django.test.client import ClientHandler

from articles.models import Article


def browser(address: str = "127.0.0.1", **headers: str) -> Client:
    """A client without cookies. All share one chain of middleware: loading it takes longer than a request."""
    client = Client(headers=headers, REMOTE_ADDR=address)
    client.handler = _handler()
    return client


@cache
def _handler() -> ClientHandler:
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()
    return handler


class Visitor:
    """One cookie jar; `headers` go with every request. Becomes a reader before the first reaction, as the widget does."""

    def __init__(self, article: Article, address: str = "127.0.0.1", **headers: str) -> None:
        self.client = browser(address, **headers)
        self.url = f"/api/v1/articles/{article.id}/reactions/mine/"

    def ask_for(self, *kinds: str, **headers: str) -> Any:
        """The response with any status."""
        self.become_reader()
        body = {"reactions": kinds}
        return self.client.put(self.url, body, content_type="application/json", headers=headers)

    def become_reader(self) -> None:
        if not self.client.cookies:
            self.client.post("/api/v1/readers/")

    def choose(self, *kinds: str, **headers: str) -> dict[str, Any]:
        return _recorded(self.ask_for(*kinds, **headers))

    def undo(self) -> dict[str, Any]:
        return _recorded(self.client.delete(self.url))

    def mine(self) -> list[str]:
        return list(self.client.get(self.url).json()["reactions"])

    def tabs(self, article: Article, count: int) -> list["Visitor"]:
        """More tabs of the same reader; each sends without waiting for the others."""
        tabs = [Visitor(article) for _ in range(count)]
        for tab in tabs:
            tab.client.cookies = self.client.cookies
        return tabs


def shown(article: Article) -> dict[str, int]:
    """The public counts that are not zero, negative ones included."""
    answer = browser().get(f"/api/v1/articles/{article.id}/reactions/").json()
    counts = {key: count for key, count in answer["counts"].items() if count}
    assert answer["total"] == sum(counts.values())
    return counts


def _recorded(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    return dict(response.json())
