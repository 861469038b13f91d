"""`Newsroom`: the generated operations behind a few methods, with retries, errors, and cursors as iterators."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self, TypeVar, cast
from uuid import uuid4

import httpx

from newsroom_client.errors import raise_for_problem
from newsroom_client.generated.api.articles import (
    articles_correct,
    articles_create,
    articles_edit,
    articles_kill,
    articles_list,
    articles_publish,
    articles_retract,
    articles_retrieve,
    articles_schedule,
    articles_unpublish,
)
from newsroom_client.generated.api.reactions import reactions_retrieve
from newsroom_client.generated.api.reader import (
    mine_clear,
    mine_retrieve,
    mine_set,
    readers_create,
    readers_erase,
    readers_export,
)
from newsroom_client.generated.api.statistics import stats_article, stats_query
from newsroom_client.generated.client import AuthenticatedClient
from newsroom_client.generated.models import (
    ArticleAnswer,
    ArticleEntry,
    ArticleList,
    Counts,
    EditorialArticle,
    Export,
    Figures,
    Problem,
    Statistics,
)
from newsroom_client.generated.types import UNSET, Response
from newsroom_client.mirror import Change, Mirror, Page
from newsroom_client.retries import Retrying

_T = TypeVar("_T")
_MOST_ARTICLES = 200  # in one call
_DEFAULT_LIMIT = 1_000


class Newsroom:
    """An installation, by its address; with a key for what is not public.

    A call is sent again where that is safe, up to `retries` times, waiting as the server asks but no longer than
    `most_wait` seconds. Every method raises NewsroomError for an answer that is no success, and httpx's errors.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 60,
        retries: int = 4,
        most_wait: float = 120,
    ) -> None:
        self._url = url.rstrip("/")
        self._options = {"timeout": timeout, "retries": retries, "most_wait": most_wait}
        self._client = self._connect(f"Bearer {key}" if key else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.get_httpx_client().close()

    def call(
        self,
        operation: Callable[..., Response[_T | Problem]],
        *args: Any,
        **named: Any,
    ) -> _T:
        """Run a generated operation, `sync_detailed` of its module, with this installation's key and retries.

        `body` may be a dict.
        """
        return _call(self._client, operation, *args, **named)

    # --- articles

    def articles(self, **filters: Any) -> Iterator[ArticleEntry]:
        """The published articles, the newest first, page by page as they are consumed."""
        cursor: dict[str, str] = {}
        while True:
            page: ArticleList = self.call(articles_list.sync_detailed, **filters, **cursor)
            yield from page.results
            if not page.next_:
                return
            asked = httpx.URL(page.next_).params
            cursor = {name: asked[name] for name in ("before", "after") if name in asked}

    def article(self, article: str) -> ArticleAnswer:
        """An article by its id or slug; a draft where the key may read it."""
        found: ArticleAnswer = self.call(articles_retrieve.sync_detailed, article)
        return found

    def create_article(
        self, *, idempotency_key: str | None = None, **fields: Any
    ) -> EditorialArticle:
        """A draft. Without a key of yours it has one of its own, so that a retry creates nothing twice."""
        return self.call(
            articles_create.sync_detailed,
            body=fields,
            idempotency_key=idempotency_key or str(uuid4()),
        )

    def edit_article(
        self, article: str, *, version: int | None = None, **fields: Any
    ) -> EditorialArticle:
        """Change these fields of the version that was read; 412 where there is a newer one."""
        return self._write(articles_edit.sync_detailed, article, fields, version)

    def publish(self, article: str, *, version: int | None = None) -> EditorialArticle:
        return self._write(articles_publish.sync_detailed, article, {}, version)

    def schedule(
        self, article: str, *, version: int | None = None, **fields: Any
    ) -> EditorialArticle:
        """At `publish_at`, or when the embargo ends."""
        return self._write(articles_schedule.sync_detailed, article, fields, version)

    def correct(
        self, article: str, *, version: int | None = None, **fields: Any
    ) -> EditorialArticle:
        """With the `text` of a notice to readers."""
        return self._write(articles_correct.sync_detailed, article, fields, version)

    def unpublish(self, article: str, *, version: int | None = None) -> EditorialArticle:
        return self._write(articles_unpublish.sync_detailed, article, {}, version)

    def retract(
        self, article: str, *, version: int | None = None, **fields: Any
    ) -> EditorialArticle:
        """With the `text` of a notice to readers."""
        return self._write(articles_retract.sync_detailed, article, fields, version)

    def kill(self, article: str, *, version: int | None = None) -> EditorialArticle:
        return self._write(articles_kill.sync_detailed, article, {}, version)

    # --- reactions

    def counts(self, article: str) -> Counts:
        found: Counts = self.call(reactions_retrieve.sync_detailed, article)
        return found

    def many_counts(self, articles: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The counts of any number of articles, in their order; of an unknown one an entry with `error`."""
        names = list(articles)
        for start in range(0, len(names), _MOST_ARTICLES):
            asked = {"articles": ",".join(names[start : start + _MOST_ARTICLES])}
            yield from self._get("reactions/", asked)["results"]

    def reader(self, token: str | None = None) -> "Reader":
        """A reader to react as: a new one, or the one whose token was kept."""
        return Reader(self, token or self._new_token())

    def _new_token(self) -> str:
        anyone = self._connect(None)  # calls of readers refuse a program's key
        with anyone.get_httpx_client():
            return _call(anyone, readers_create.sync_detailed).token

    # --- changes

    def read_changes(
        self,
        cursor: str | None = None,
        *,
        limit: int = _DEFAULT_LIMIT,
        wait: int = 0,
        **filters: str,
    ) -> Page:
        """One page of the change feed. NewsroomError with status 410 where the cursor has expired."""
        asked: dict[str, str | int] = {"limit": limit, **filters}
        if cursor is not None:
            asked |= {"cursor": cursor}
        if wait:
            asked |= {"wait": wait}
        return cast(Page, self._get("changes/", asked))

    def changes(
        self, cursor: str | None = None, **options: Any
    ) -> Iterator[tuple[Change, str | None]]:
        """Each change with the cursor that is to be kept once it was handled: None within a page."""
        more = True
        while more:
            page = self.read_changes(cursor, **options)
            cursor, more = page["next"], page["more"]
            last = len(page["results"]) - 1
            for number, change in enumerate(page["results"]):
                yield change, cursor if number == last else None

    def mirror(self, **filters: str) -> Mirror:
        """A mirror of all public articles and counts, or of those that fit the filters."""
        return Mirror(self, filters)

    # --- figures

    def article_figures(self, article: str, **options: Any) -> Statistics:
        """An article's counts through time: `interval`, `tz`, `from_`, `to`."""
        found: Statistics = self.call(stats_article.sync_detailed, article, **options)
        return found

    def figures(self, **query: Any) -> Figures:
        """Any question of figures: `metrics`, `dimensions`, `date_range`, `filters` and so on."""
        found: Figures = self.call(stats_query.sync_detailed, body=query)
        return found

    def _write(
        self,
        operation: Callable[..., Response[EditorialArticle | Problem]],
        article: str,
        body: Mapping[str, Any],
        version: int | None,
    ) -> EditorialArticle:
        return self.call(
            operation,
            article,
            body=body,
            idempotency_key=str(uuid4()),
            if_match=UNSET if version is None else f'"{version}"',
        )

    def _get(self, path: str, asked: Mapping[str, Any]) -> Any:
        """What is read as it comes: the feed is long, and gets kinds that no model knows."""
        return self._client.get_httpx_client().get(f"/api/v1/{path}", params=asked).json()

    def _connect(self, authorization: str | None) -> AuthenticatedClient:
        client = AuthenticatedClient(self._url, token="")
        transport = Retrying(
            httpx.HTTPTransport(),
            retries=int(self._options["retries"]),
            most_wait=self._options["most_wait"],
        )
        return client.set_httpx_client(
            httpx.Client(
                base_url=self._url,
                headers={"Authorization": authorization} if authorization else {},
                timeout=self._options["timeout"],
                transport=transport,
                event_hooks={"response": [raise_for_problem]},
            )
        )


class Reader:
    """A reader of the installation: the one who holds the token. Keep it as you keep a password."""

    def __init__(self, newsroom: Newsroom, token: str) -> None:
        self.token = token
        self._client = newsroom._connect(f"Reader {token}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.get_httpx_client().close()

    def react(self, article: str, *kinds: str) -> dict[str, int]:
        """Set exactly these reactions; returns the counts, this change included. Safe to repeat."""
        change = _call(
            self._client, mine_set.sync_detailed, article, body={"reactions": list(kinds)}
        )
        counts: dict[str, int] = change.counts.to_dict()
        return counts

    def clear(self, article: str) -> dict[str, int]:
        """Take the reactions back; returns the counts."""
        counts: dict[str, int] = _call(
            self._client, mine_clear.sync_detailed, article
        ).counts.to_dict()
        return counts

    def reactions(self, article: str) -> list[str]:
        return list(_call(self._client, mine_retrieve.sync_detailed, article).reactions)

    def export(self) -> Export:
        """Everything that is stored about this reader."""
        found: Export = _call(self._client, readers_export.sync_detailed)
        return found

    def erase(self) -> int:
        """Erase every trace; returns how many reactions."""
        return _call(self._client, readers_erase.sync_detailed).erased


class _Body(dict[str, Any]):
    """A dict where a generated operation wants a model."""

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


def _call(
    client: AuthenticatedClient,
    operation: Callable[..., Response[_T | Problem]],
    *args: Any,
    **named: Any,
) -> _T:
    body = named.get("body")
    if isinstance(body, Mapping):
        named["body"] = _Body(body)
    # What is no success has been raised by then, so it is no Problem.
    return cast(_T, operation(*args, client=client, **named).parsed)
