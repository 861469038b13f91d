"""What readers ask for: counts of one article and of many, and an article's page."""

import urllib.request
from collections.abc import Iterator, Sequence

from articles.models import Article
from tests.bench.load_generator import Load, hot, line
from tests.bench.table import Row, at_least, at_most, compared
from tests.bench.workload import ARTICLES, Workload
from tests.bench.writing import ABSOLUTE, rates, run

MANY = 100  # articles in one call


def measure(workload: Workload) -> Iterator[Row]:
    data, ours, contenders = workload.testbed.data, workload.ours, workload.contenders
    tag = etags(workload)
    loads = {
        "empty": (contenders, Load(data, [line("GET", "/empty/")])),
        "page": (contenders, Load(data, [line("GET", "/page/")])),
        "textbook": (contenders, Load(data, textbook(workload))),
        "counts": (ours, Load(data, map(counts, hot(workload.articles, ARTICLES)))),
        "unchanged": (ours, Load(data, tag, expected=304)),
        "many": (ours, Load(data, [many(workload.articles)])),
    }
    for name, path in (("story", f"/articles/{slug(workload)}/"), ("front", "/")):
        loads[name] = (ours, Load(data, [line("GET", path)]))
        loads[f"{name}, shared"] = (ours, Load(data, shared(path)))
    if not workload.effort.is_quick:
        again = Load(data, map(counts, hot(workload.articles, ARTICLES)))
        loads["counts, two workers"] = (workload.ours_twice, again)
    found = workload.alternate({name: run(workload, *each) for name, each in loads.items()})
    rate = {name: rates(results) for name, results in found.items()}
    yield compared("GET counts / empty DRF view", rate["counts"], rate["empty"], at_least(1))
    yield compared(
        "GET counts, 304 / empty DRF view", rate["unchanged"], rate["empty"], at_least(1.1)
    )
    yield compared(
        f"time of GET counts of {MANY} articles / of one",
        rate["many"].inverse("ms", 1000),
        rate["counts"].inverse("ms", 1000),
        at_most(2.5),
    )
    yield compared("GET counts / textbook app", rate["counts"], rate["textbook"], at_least(4))
    yield compared("article page / empty template view", rate["story"], rate["page"], at_least(0.4))
    for name, page in (("story", "article page"), ("front", "front page")):
        yield compared(
            f"{page}, time with what other sites add to an address and a cookie / plain",
            rate[f"{name}, shared"].inverse("ms", 1000),
            rate[name].inverse("ms", 1000),
            at_most(1.2),
        )
    if twice := rate.get("counts, two workers"):
        yield Row("GET counts, two workers", twice, note=ABSOLUTE)


def counts(article: str) -> str:
    return line("GET", f"/api/v1/articles/{article}/reactions/")


def many(articles: Sequence[str]) -> str:
    return line("GET", f"/api/v1/reactions/?articles={','.join(articles[:MANY])}")


def shared(path: str) -> list[str]:
    """Requests of browsers that follow links of newsletters and social networks, each with a number of its own."""
    return [
        line(
            "GET",
            f"{path}?utm_source=newsletter&utm_medium=email&utm_campaign=c{n}&fbclid=IwAR{n:032x}",
            Cookie=f"_ga=GA1.2.{n}.1700000000; _fbp=fb.1.1700000000.{n}",
        )
        for n in range(ARTICLES)
    ]


def textbook(workload: Workload) -> list[str]:
    ids = hot([str(number + 1) for number in range(ARTICLES)], ARTICLES)
    return [line("GET", f"/textbook/articles/{each}/reactions/") for each in ids]


def slug(workload: Workload) -> str:
    return Article.objects.get(pk=workload.articles[0]).slug


def etags(workload: Workload) -> list[str]:
    """Requests of browsers that hold the newest counts."""
    held = {article: _etag(workload, article) for article in workload.articles[:MANY]}
    return [
        line("GET", f"/api/v1/articles/{article}/reactions/", If_None_Match=held[article])
        for article in hot(list(held), ARTICLES)
    ]


def _etag(workload: Workload, article: str) -> str:
    url = f"{workload.ours.url}/api/v1/articles/{article}/reactions/"
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        return str(answer.headers["ETag"])
