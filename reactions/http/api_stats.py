"""The API of figures: one query for every question, and the common ones as lists; each as JSON and as CSV."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles.api.api_keys import KeyAuthentication, scope
from articles.api.views import ApiView
from reactions.counts import rfc3339
from reactions.http import figures_schemas as schemas
from reactions.http.answers import PRIVATE
from reactions.http.csv_answer import (
    csv_response,
    lines_of_export,
    lines_of_figures,
    lines_of_series,
)
from reactions.http.figures_requests import (
    OF_FORMAT,
    OF_LISTS,
    OF_RANGE,
    Format,
    named,
    read_body,
    read_format,
    read_group,
    read_list,
    read_span,
    read_step,
)
from reactions.http.following import current_article_id_at
from reactions.http.requests import read_interval, read_timezone
from reactions.http.schemas import KEY_OR_SESSION, Statistics
from reactions.kinds import KINDS
from reactions.stats.article import INTERVALS, article_statistics
from reactions.stats.query import Figures, Query, Result, export, run, run_whole
from reactions.stats.scope import EVERYTHING, Scope, scope_of
from reactions.stats.windows import HOUR, QUARTER, Window, floor

_SHARES = tuple(f"share:{kind.key}" for kind in KINDS)
_CAME = tuple(f"came:{kind.key}" for kind in KINDS)
# Where this installation counts views.
_VIEWS = ("views", "per_view")
OF_ARTICLES = ("came", "left", "net", "now", "last_hour", "against_usual", *_VIEWS, *_SHARES)
OF_GROUPS = ("came", "left", "net", "stories", "per_story", *_VIEWS, *_SHARES)
OF_KINDS = ("came", "left", "net", "now", "share")
OF_REALTIME = ("came", "left", "against_usual", *_SHARES)
OF_MOVERS = ("came", "left", "now", *_SHARES)


class MayReadFigures(BasePermission):
    """A key with `stats:read`, or a signed-in user of the desk who may see figures: authors those of their own stories."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, User) and request.user.is_staff:
            return _scope(request) is not None
        return bool(scope("stats:read")().has_permission(request, view))


def _scope(request: Request) -> Scope | None:
    user = request.user
    return scope_of(user) if isinstance(user, User) and user.is_staff else EVERYTHING


class FiguresView(ApiView):
    """A call for figures. `answer` writes what a query gives for the scope of the caller."""

    authentication_classes = [KeyAuthentication, SessionAuthentication]
    permission_classes = [MayReadFigures]

    def scope(self) -> Scope:
        found = _scope(self.request)
        assert found is not None  # noqa: S101  # MayReadFigures
        return found

    def answer(
        self, query: Query, form: Format, names: Mapping[str, str], name: str
    ) -> HttpResponseBase:
        with named(names):
            if not form.is_csv:
                return _private(figures_json(run(query, self.scope())))
            whole = not form.has_limit
            exported = export(query, self.scope()) if whole else None
            lines: Iterable[str]
            if exported:
                lines = lines_of_export(exported)
            else:
                ask = run_whole if whole else run
                lines = lines_of_figures(ask(query, self.scope()))
        return csv_response(lines, name, with_bom=form.with_bom)

    def list_of(
        self, dimensions: Sequence[str], metrics: Sequence[str], name: str, **named: Any
    ) -> HttpResponseBase:
        """A list call of these dimensions."""
        parameters = self.request.query_params
        counts_views = settings.REACTIONS_COUNT_VIEWS
        query, names = read_list(
            parameters,
            metrics=[each for each in metrics if counts_views or each not in _VIEWS],
            dimensions=dimensions,
            now=datetime.now(UTC),
            **named,
        )
        return self.answer(query, read_format(parameters), names, name)


class StatsQuery(FiguresView):
    query_parameters = {"post": OF_FORMAT}

    @extend_schema(
        operation_id="stats_query",
        tags=["statistics"],
        auth=KEY_OR_SESSION,
        parameters=schemas.FORMAT,
        request=schemas.FiguresQuery,
        responses=schemas.or_csv(schemas.Figures),
        examples=schemas.EXAMPLES,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Figures of any dimensions, time, comparison and filters, in the order asked. Changes nothing.

        docs/statistics.md defines every figure. 400 names the field that cannot be answered.
        """
        form = read_format(request.query_params)
        with named():
            query = read_body(request.data)
        has_limit = isinstance(request.data, dict) and "limit" in request.data
        return self.answer(query, Format(form.is_csv, form.with_bom, has_limit), {}, "figures")


class StatsArticles(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_articles", OF_ARTICLES)
    def get(self, request: Request) -> HttpResponseBase:
        """Articles with their figures, those to which most reactions came first."""
        return self.list_of(["article"], OF_ARTICLES, "articles")


class StatsSections(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_sections", OF_GROUPS)
    def get(self, request: Request) -> HttpResponseBase:
        """Sections with their figures. Those that the articles have now, whichever they had when a reaction came."""
        return self.list_of(["section"], OF_GROUPS, "sections")


class StatsAuthors(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_authors", OF_GROUPS)
    def get(self, request: Request) -> HttpResponseBase:
        """Authors with their figures. An article of two authors counts for both; the totals count it once."""
        return self.list_of(["author"], OF_GROUPS, "authors")


class StatsTags(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_tags", OF_GROUPS)
    def get(self, request: Request) -> HttpResponseBase:
        """Tags with their figures. An article with two tags counts for both; the totals count it once."""
        return self.list_of(["tag"], OF_GROUPS, "tags")


class StatsSources(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_sources", OF_GROUPS)
    def get(self, request: Request) -> HttpResponseBase:
        """Sources, such as agencies, with their figures; null: the site's own articles."""
        return self.list_of(["source"], OF_GROUPS, "sources")


class StatsKinds(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_kinds", OF_KINDS)
    def get(self, request: Request) -> HttpResponseBase:
        """Kinds of reactions with their figures, each with its share."""
        return self.list_of(["kind"], OF_KINDS, "kinds")


class StatsTimeseries(FiguresView):
    query_parameters = {"get": {"interval", "by", *OF_LISTS}}

    @schemas.described("stats_timeseries", ("came", "left", "net"), also=schemas.SERIES)
    def get(self, request: Request) -> HttpResponseBase:
        """Figures by time: every interval of the range, with those in which nothing changed.

        Of single articles (`by=article`) only intervals with a change.
        """
        step = read_step(request.query_params)
        group = read_group(request.query_params)
        metrics = ("came", "left", "net", *(() if group == ["kind"] else _CAME))
        return self.list_of([step, *group], metrics, "timeseries", has_groups=True)


class StatsRealtime(FiguresView):
    query_parameters = {"get": OF_LISTS - OF_RANGE}

    @schemas.described("stats_realtime", OF_REALTIME, has_range=False)
    def get(self, request: Request) -> HttpResponseBase:
        """Articles of the last hour: the quarter of an hour that runs, and the three before it."""
        now = datetime.now(UTC)
        zone = read_timezone(request)
        window = Window(floor(now) - HOUR + QUARTER, now, zone, running=True)
        return self.list_of(["article"], OF_REALTIME, "realtime", window=window)


class StatsMovers(FiguresView):
    query_parameters = {"get": OF_LISTS}

    @schemas.described("stats_movers", OF_MOVERS)
    def get(self, request: Request) -> HttpResponseBase:
        """Articles by the change against another time, the greatest rise first; `sort=change`: the greatest fall first.

        The comparison is the period before until the same hour, unless `compare` says another.
        """
        return self.list_of(
            ["article"], OF_MOVERS, "movers", compare="previous_period", sort="-change"
        )


class ArticleStatistics(FiguresView):
    query_parameters = {"get": {"interval", "tz", "from", "to", *OF_FORMAT}}

    @extend_schema(
        operation_id="stats_article",
        tags=["statistics"],
        auth=KEY_OR_SESSION,
        parameters=[
            OpenApiParameter("interval", str, enum=INTERVALS, default="hour"),
            OpenApiParameter("tz", str, description="An IANA time zone.", default="UTC"),
            *schemas.SPAN,
            *schemas.FORMAT,
        ],
        responses=schemas.or_csv(Statistics),
    )
    def get(self, request: Request, article: str) -> HttpResponseBase:
        """An article's counts now, and what was added and removed in each interval of a time zone.

        Intervals without a change are left out; without `from` and `to` all of them add up to `current`. `imported`
        counts come from another system: readers see the sum of the two.
        """
        parameters = request.query_params
        form = read_format(parameters)
        interval, zone = read_interval(request), read_timezone(request)
        start, end = read_span(parameters, zone)
        article_id = current_article_id_at(article)
        self._check(article_id)
        statistics = article_statistics(
            article_id=article_id, interval=interval, timezone=zone, start=start, end=end
        )
        if statistics is None:
            raise exceptions.NotFound("There is no such article.")
        if form.is_csv:
            return csv_response(lines_of_series(statistics), "article", with_bom=form.with_bom)
        return _private(statistics.as_json())

    def _check(self, article_id: UUID) -> None:
        if not self.scope().includes(article_id):
            raise exceptions.PermissionDenied("These are the figures of another author's story.")


def figures_json(figures: Figures) -> dict[str, Any]:
    """The answer in JSON; the query is there as it was understood, with its times."""
    query, zone = figures.query, figures.query.timezone

    def times(window: Window | None) -> list[str] | None:
        if window is None:
            return None
        return [
            each.astimezone(zone).isoformat(timespec="seconds")
            for each in (window.start, window.end)
        ]

    totals = figures.totals
    return {
        "query": {
            "metrics": list(query.metrics),
            "dimensions": list(query.dimensions),
            "date_range": times(query.window),
            "running": query.window.running,
            "compare": times(figures.compared),
            "published": times(query.published),
            "timezone": zone.key,
            "week_start": query.week_start,
            "limit": query.limit,
            "offset": query.offset,
        },
        "as_of": rfc3339(figures.as_of),
        "results": [_result_json(each, figures) for each in figures.results],
        "totals": totals and {"metrics": totals, "comparison": figures.totals_comparison},
        "rows": figures.every_row,
        "truncated": figures.truncated,
    }


def _result_json(result: Result, figures: Figures) -> dict[str, Any]:
    zone = figures.query.timezone
    found: dict[str, Any] = {
        "dimensions": [
            each.astimezone(zone).isoformat()
            if isinstance(each, datetime)
            else (str(each) if isinstance(each, UUID) else each)
            for each in result.dimensions
        ],
        "names": result.names,
        "metrics": result.metrics,
    }
    if figures.compared:
        found["comparison"] = result.comparison
    if result.complete is not None:
        found["complete"] = result.complete
    return found


def _private(body: dict[str, Any]) -> Response:
    return Response(body, headers={"Cache-Control": PRIVATE})
