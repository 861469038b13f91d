"""Composes figures.sql: every text in it is from the tables here, and whatever a caller gives is a parameter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# Of fewer reactions no share is given.
LEAST_REACTIONS = 20
# Of fewer views no reactions for each view are given.
LEAST_VIEWS = 20


@dataclass(frozen=True, slots=True)
class _Dimension:
    key: str
    join: str = ""
    # What it is called: the table, its address and its name for people.
    table: str = ""
    address: str = ""
    name: str = ""


_ARTICLE = "LEFT JOIN articles_article a ON a.id = change.article_id"
_DIMENSIONS = {
    "kind": _Dimension("change.kind"),
    "time": _Dimension("change.period"),
    "article": _Dimension("change.article_id", "", "articles_article", "id", "headline"),
    "section": _Dimension("a.section_id", _ARTICLE, "articles_section", "slug", "name"),
    "section_at_event": _Dimension("change.section_id", "", "articles_section", "slug", "name"),
    "source": _Dimension("a.source_id", _ARTICLE, "articles_source", "name", "name"),
    "site": _Dimension("a.site_id", _ARTICLE, "articles_site", "name", "name"),
    "language": _Dimension("a.language", _ARTICLE),
    "author": _Dimension(
        "w.author_id",
        "LEFT JOIN articles_articleauthor w ON w.article_id = change.article_id",
        "articles_author",
        "slug",
        "name",
    ),
    "tag": _Dimension(
        "t.tag_id",
        "LEFT JOIN articles_articletag t ON t.article_id = change.article_id",
        "articles_tag",
        "slug",
        "name",
    ),
}
_LINKS = {
    "author": ("articles_articleauthor", "author_id"),
    "tag": ("articles_articletag", "tag_id"),
}
# Names of dimensions by which each article is asked for.
OF_ARTICLES = frozenset(_DIMENSIONS) - {"kind", "time", "section_at_event"}

# Each figure from the sums of `answer`, or of those of the comparison, which begin with `other_`.
_MEASURES = {
    "came": "{p}came",
    "left": "{p}gone",
    "net": "({p}came - {p}gone)",
    "share": "CASE WHEN {p}every >= {few} THEN {p}came::float8 / {p}every END",
    "stories": "{p}stories",
    "per_story": "{p}came::float8 / NULLIF({p}stories, 0)",
    "views": "{p}views",
    "per_view": f"CASE WHEN {{p}}views >= {LEAST_VIEWS} THEN {{p}}viewed::float8 / {{p}}views END",
    "now": "present",
    "last_hour": "hour",
    "against_usual": "NULL::float8",  # reactions.stats.query, from the pace
}
# Figures of views, which have no kind.
OF_VIEWS = frozenset({"views", "per_view"})
# Figures that have no other window.
TIMELESS = frozenset({"now", "last_hour", "against_usual"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: the dimension, whether it excludes, the parameter with its values, whether it means none as well."""

    dimension: str
    negative: bool
    parameter: str
    or_none: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """What is asked for, in checked words. A time dimension is `time` here."""

    metrics: Sequence[str]
    dimensions: Sequence[str]
    of_sections: bool  # from the buckets of sections, else from those of articles
    compares: bool
    conditions: Sequence[Condition] = ()
    kinds: bool = False  # some kinds alone: the parameter `kinds`
    bits: Mapping[str, int] = field(default_factory=dict)  # of the metrics of one kind
    articles: bool = False  # some articles alone: the parameter `articles`
    published: bool = False
    listed: bool = False  # articles that the pages here list, and that are not retracted
    summed_days: bool = (
        False  # whole days of the window are read from their sums, and so of the other one
    )
    other_summed_days: bool = False
    lists_articles: bool = False  # also those without a reaction
    order: Sequence[tuple[str, bool]] = ()  # names and whether they descend

    @property
    def needs_articles(self) -> bool:
        return bool(OF_ARTICLES & {*self.dimensions}) or bool(
            {"stories", "per_story", "per_view"} & {*self.metrics}
        )

    @property
    def needs_every_kind(self) -> bool:
        return any(metric.partition(":")[0] == "share" for metric in self.metrics)

    def has_days(self, prefix: str) -> bool:
        """Whether whole days of the window of this prefix are read from their sums."""
        return {"": self.summed_days, "other_": self.other_summed_days}.get(prefix, False)

    @property
    def has_views(self) -> bool:
        return bool(OF_VIEWS & {*self.metrics})

    @property
    def grain(self) -> list[str]:
        """The columns of `change` that are not sums."""
        return [
            *(["article_id"] if self.needs_articles else []),
            *(["section_id"] if "section_at_event" in self.dimensions else []),
            *(["kind"] if "kind" in self.dimensions else []),
            *(["period"] if "time" in self.dimensions else []),
        ]

    @property
    def is_summed(self) -> bool:
        """Whether `change` has one row for each row of the answer: its dimensions are the grain, from one table."""
        keys = [_DIMENSIONS[each].key for each in self.dimensions]
        others = (
            self.compares
            or self.lists_articles
            or self.has_views
            or {"last_hour", "now"} & {*self.metrics}
        )
        return not others and sorted(keys) == sorted(f"change.{each}" for each in self.grain)

    @property
    def sums(self) -> list[str]:
        """The columns of `change` that are sums."""
        of_window = [
            *("came", "gone"),
            *(["every"] if self.needs_every_kind else []),
            *(f"kind_{bit}" for bit in sorted({*self.bits.values()})),
            *(["views"] if self.has_views else []),
            *(["viewed"] if "per_view" in self.metrics else []),
        ]
        return [
            *of_window,
            *([f"other_{each}" for each in of_window] if self.compares else []),
            *(["hour"] if "last_hour" in self.metrics else []),
            *(["present"] if "now" in self.metrics else []),
        ]


def compose(asked: Composition, *, totals: bool = True) -> dict[str, str]:
    """The fragments of figures.sql."""
    found = compose_rows(asked)
    columns = _columns(asked)
    return found | {
        "totals": ", ".join(_total_sums(asked)),
        "order": ", ".join(_order(asked)) or "1",
        "named": _named(asked),
        "page_measures": ", ".join(f"page.{column}" for column in columns),
        "total_measures": ", ".join(_measures(asked)) if totals else "NULL",
    }


def compose_rows(asked: Composition) -> dict[str, str]:
    """The fragments of figures_rows.sql."""
    columns = _columns(asked)
    return {
        "opened": "".join(_opened(asked)),
        "changes": "\n  UNION ALL\n".join(_changes(asked)),
        "answer": _answer(asked),
        "key_names": "".join(f"d{number}, " for number in range(len(asked.dimensions))),
        "measures": ", ".join(
            f"{text} AS {column}" for text, column in zip(_measures(asked), columns, strict=True)
        ),
        "kept": _kept(asked),
        "named": _named(asked, as_text=True),
        "page_measures": ", ".join(f"page.{column}" for column in columns),
        "names": _names(asked),
        "page_order": ", ".join(_order(asked, "page.")) or "1",
    }


def _answer(asked: Composition) -> str:
    keys = [_DIMENSIONS[name].key for name in asked.dimensions]
    selected = [f"{key} AS d{number}" for number, key in enumerate(keys)] + _answer_sums(asked)
    joins = " ".join(dict.fromkeys(_DIMENSIONS[name].join for name in asked.dimensions))
    grouped = f"GROUP BY {', '.join(keys)}" if keys and not asked.is_summed else ""
    return f"SELECT {', '.join(selected)} FROM change {joins} {grouped}"


def _measures(asked: Composition) -> list[str]:
    """The figures, then those of the comparison."""
    prefixes = _prefixes(asked)
    return [_measure(metric, prefix, asked) for prefix in prefixes for metric in asked.metrics]


def _columns(asked: Composition) -> list[str]:
    return [f"m{number}" for number in range(len(asked.metrics) * len(_prefixes(asked)))]


def _changes(asked: Composition) -> list[str]:
    read = _of_sections if asked.of_sections else _of_articles
    found = [read(asked, "", "start", "end", "edges")]
    if asked.compares:
        found.append(read(asked, "other_", "other_start", "other_end", "other_edges"))
    if asked.has_views:
        found += [_of_views(asked, p) for p in _prefixes(asked)]
    if "last_hour" in asked.metrics:
        found.append(read(asked, "hour", "hour_start", "hour_end", ""))
    if "now" in asked.metrics:
        found.append(_present(asked))
    if asked.lists_articles:
        zeros = _select(asked, {"article_id": "id"}, {})
        where = _where([*_article_conditions(asked), "a.state IN ({{public_states}})"])
        found.append(f"{zeros} FROM articles_article a {where}")
    return found


def _of_articles(asked: Composition, prefix: str, start: str, end: str, edges: str) -> str:
    where = [*_kind_condition(asked, prefix), *_id_condition(asked, "b.article_id")]
    if asked.has_days(prefix):
        buckets, days = "reactions_bucket", "reactions_daybucket"
        source = _with_days(prefix, buckets, days, "article_id, kind, added, removed")
    else:
        source = "reactions_bucket"
        where.append(_is_within("b.start", start, end))
    selected = _select(
        asked,
        {"article_id": "b.article_id", "kind": "b.kind", "period": _period("b.start", edges)},
        _sums(asked, prefix),
    )
    return f"{selected} FROM {source} b {_where(where)} {_grouped(asked)}"


def _with_days(prefix: str, buckets: str, days: str, columns: str, of_bucket: str = "") -> str:
    """The buckets before and after whole days, and the sums of these. `of_bucket`: the columns, where they differ."""
    first, last = f"%({prefix}first_day)s::timestamptz", f"%({prefix}last_day)s::timestamptz"
    read = f"SELECT {of_bucket or columns} FROM {buckets}"
    return f"""(
    {read} WHERE start >= %({prefix}start)s::timestamptz AND start < {first}
     UNION ALL
    SELECT {columns} FROM {days}
     WHERE day >= ({first} AT TIME ZONE 'UTC')::date AND day < ({last} AT TIME ZONE 'UTC')::date
     UNION ALL
    {read} WHERE start >= {last} AND start < %({prefix}end)s::timestamptz)"""


def _of_sections(asked: Composition, prefix: str, start: str, end: str, edges: str) -> str:
    """A row of 15 minutes is less than two thousand million: sums of int cost half of those of bigint."""
    where = [
        _is_within("start", start, end),
        *_kind_condition(asked, prefix),
    ]
    for each in asked.conditions:  # only of sections at the event
        has_none = "section_id IS NULL" if each.or_none else "false"
        is_one = f"COALESCE(section_id = ANY (%({each.parameter})s::bigint[]), false) OR {has_none}"
        where.append(f"NOT ({is_one})" if each.negative else f"({is_one})")
    selected = _select(
        asked,
        {"section_id": "b.section_id", "kind": "b.kind", "period": _period("b.start", edges)},
        _sums(asked, prefix, cast="::int"),
    )
    return f"{selected} FROM reactions_sitebucket b {_where(where)} {_grouped(asked)}"


def _opened(asked: Composition) -> Iterator[str]:
    """The views of each article in each window, which what came to opened articles is chosen by as well."""
    if not asked.has_views:
        return
    for prefix in _prefixes(asked):
        where = _id_condition(asked, "v.article_id")
        if asked.has_days(prefix):
            source = _with_days(
                *(prefix, "reactions_viewbucket", "reactions_dayview", "article_id, views"),
                of_bucket="article_id, views + moved AS views",
            )
            column = "v.views"
        else:
            source, column = "reactions_viewbucket", "(v.views + v.moved)"
            where.append(_is_within("v.start", f"{prefix}start", f"{prefix}end"))
        # A half hour is in the interval in which it begins.
        period = _period("v.start", f"{prefix}edges" if "time" in asked.dimensions else "")
        yield (
            f"{prefix}opened AS (\n"
            f"  SELECT v.article_id, {period}::int AS period, sum({column}::float8) AS views\n"
            f"    FROM {source} v {_where(where)} GROUP BY 1, 2 HAVING sum({column}::float8) > 0\n), "
        )


def _of_views(asked: Composition, prefix: str) -> str:
    keys = {"article_id": "o.article_id", "period": "o.period"}
    if asked.needs_articles:
        return f"{_select(asked, keys, {f'{prefix}views': 'o.views'})} FROM {prefix}opened o"
    selected = _select(asked, keys, {f"{prefix}views": "sum(o.views)"})
    return f"{selected} FROM {prefix}opened o {_grouped(asked)}"


def _is_within(column: str, start: str, end: str) -> str:
    return f"{column} >= %({start})s::timestamptz AND {column} < %({end})s::timestamptz"


def _present(asked: Composition) -> str:
    """The counts as they are."""
    where = [
        *(["c.kind = ANY (%(kinds)s::smallint[])"] if asked.kinds else []),
        *_id_condition(asked, "c.article_id"),
    ]
    keys = {"article_id": "c.article_id", "kind": "c.kind"}
    selected = _select(asked, keys, {"present": "sum(c.count)"})
    return f"{selected} FROM reactions_articlecount c {_where(where)} {_grouped(asked)}"


def _select(asked: Composition, keys: Mapping[str, str], sums: Mapping[str, str]) -> str:
    types = {"article_id": "uuid", "section_id": "bigint", "kind": "smallint", "period": "int"}
    columns = [f"{keys.get(each, 'NULL')}::{types[each]} AS {each}" for each in asked.grain]
    columns += [f"COALESCE({sums.get(each, '0')}, 0)::bigint AS {each}" for each in asked.sums]
    return f"  SELECT {', '.join(columns)}"


def _sums(asked: Composition, prefix: str, *, cast: str = "") -> dict[str, str]:
    chosen = _of_chosen_kinds(asked)
    if prefix == "hour":
        return {"hour": f"sum(b.added{cast}){chosen}"}
    return {
        **_viewed(asked, prefix),
        f"{prefix}came": f"sum(b.added{cast}){chosen}",
        f"{prefix}gone": f"sum(b.removed{cast}){chosen}",
        f"{prefix}every": f"sum(b.added{cast})",
        **{
            f"{prefix}kind_{bit}": f"sum(b.added{cast}) FILTER (WHERE b.kind = {bit:d})"
            for bit in asked.bits.values()
        },
    }


def _viewed(asked: Composition, prefix: str) -> dict[str, str]:
    """What came to articles with views in the window: those of pages that send none would be too many for each view."""
    if "per_view" not in asked.metrics:
        return {}
    came = f"sum(b.added){_of_chosen_kinds(asked)}"
    opened = f"SELECT article_id FROM {prefix}opened"
    return {f"{prefix}viewed": f"CASE WHEN b.article_id IN ({opened}) THEN {came} END"}


def _of_chosen_kinds(asked: Composition) -> str:
    return " FILTER (WHERE b.kind = ANY (%(kinds)s::smallint[]))" if asked.kinds else ""


def _period(start: str, edges: str) -> str:
    return f"width_bucket({start}, %({edges})s::timestamptz[])" if edges else "NULL"


def _grouped(asked: Composition) -> str:
    numbers = ", ".join(str(number + 1) for number in range(len(asked.grain)))
    return f"GROUP BY {numbers}" if numbers else ""


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _kind_condition(asked: Composition, prefix: str) -> list[str]:
    """Only these kinds are read, unless others are needed for shares."""
    needs_others = prefix != "hour" and (asked.needs_every_kind or asked.bits)
    return ["kind = ANY (%(kinds)s::smallint[])"] if asked.kinds and not needs_others else []


def _id_condition(asked: Composition, column: str) -> list[str]:
    ids = [f"{column} = ANY (%(articles)s::uuid[])"] if asked.articles else []
    conditions = _article_conditions(asked, with_ids=False)
    if conditions:
        ids.append(f"{column} IN (SELECT a.id FROM articles_article a {_where(conditions)})")
    return ids


def _article_conditions(asked: Composition, *, with_ids: bool = True) -> list[str]:
    found = ["a.id = ANY (%(articles)s::uuid[])"] if asked.articles and with_ids else []
    if asked.published:
        found.append(
            "a.first_published_at >= %(published_start)s::timestamptz"
            " AND a.first_published_at < %(published_end)s::timestamptz"
        )
    if asked.listed:
        found.append("a.is_listed AND a.state IN ({{current_states}})")
    return found + [_condition(each) for each in asked.conditions]


def _condition(condition: Condition) -> str:
    values = f"%({condition.parameter})s"
    if condition.dimension in _LINKS:
        table, column = _LINKS[condition.dimension]
        of_article = f"SELECT FROM {table} l WHERE l.article_id = a.id"
        has_one = f"EXISTS ({of_article} AND l.{column} = ANY ({values}::bigint[]))"
        has_none = f"NOT EXISTS ({of_article})"
    elif condition.dimension == "article":
        has_one, has_none = f"a.id = ANY ({values}::uuid[])", "false"
    elif condition.dimension == "headline":
        has_one, has_none = f"a.headline ILIKE ANY ({values}::text[])", "false"
    elif condition.dimension == "language":  # as RFC 4647 matches
        has_one = f"lower(a.language) LIKE ANY ({values}::text[])"
        has_none = "a.language = ''"
    else:
        column = f"a.{condition.dimension}_id"
        has_one = f"COALESCE({column} = ANY ({values}::bigint[]), false)"
        has_none = f"{column} IS NULL"
    either = f"({has_one} OR {has_none})" if condition.or_none else f"({has_one})"
    return f"NOT {either}" if condition.negative else either


def _answer_sums(asked: Composition) -> list[str]:
    """The sums by dimension. What all kinds had is the same for each kind of the other dimensions."""
    others = [_DIMENSIONS[name].key for name in asked.dimensions if name != "kind"]
    over = f" OVER (PARTITION BY {', '.join(others)})" if others else " OVER ()"
    found = []
    for each in asked.sums:
        total = each if asked.is_summed else _sum(each)
        if each in {"every", "other_every"} and "kind" in asked.dimensions:
            total = f"sum({total}){over}"
        found.append(f"COALESCE({total}, 0)::bigint AS {each}")
    if asked.needs_articles:
        for p in _prefixes(asked):
            with_one = (
                f"({p}came > 0)::int" if asked.is_summed else f"count(*) FILTER (WHERE {p}came > 0)"
            )
            found.append(f"{with_one} AS {p}stories")
    return found


def _total_sums(asked: Composition) -> list[str]:
    found = [f"COALESCE({_sum(each)}, 0)::bigint AS {each}" for each in asked.sums]
    if {"stories", "per_story"} & {*asked.metrics}:
        found += [
            f"(SELECT count(*) FROM (SELECT FROM change GROUP BY article_id"
            f" HAVING max({p}came) > 0) came) AS {p}stories"
            for p in _prefixes(asked)
        ]
    return found


def _sum(column: str) -> str:
    """A sum of sums. PostgreSQL adds up bigint as numeric, at twice the cost; float8 is exact up to 9e15."""
    return f"sum({column}::float8)"


def _prefixes(asked: Composition) -> list[str]:
    return ["", "other_"] if asked.compares else [""]


def _measure(metric: str, prefix: str, asked: Composition) -> str:
    if prefix and metric in TIMELESS:
        return "NULL::bigint"
    name, _, kind = metric.partition(":")
    if kind:
        of_kind = f"{prefix}kind_{asked.bits[kind]:d}"
        if name == "came":
            return of_kind
        return f"CASE WHEN {prefix}every >= {LEAST_REACTIONS} THEN {of_kind}::float8 / {prefix}every END"
    return _MEASURES[name].format(p=prefix, few=LEAST_REACTIONS)


def _kept(asked: Composition) -> str:
    """Rows with a change or a view in a window; of listed articles all, and the one row where there are no dimensions."""
    if asked.lists_articles or not asked.dimensions:
        return "true"
    sums = ["came", "gone", *(f"kind_{bit}" for bit in sorted({*asked.bits.values()}))]
    sums += ["views"] if asked.has_views else []
    return " + ".join(f"{p}{each}" for p in _prefixes(asked) for each in sums) + " > 0"


def _order(asked: Composition, table: str = "") -> list[str]:
    """What the rows are ordered by: the columns of `table`, such as `page.`."""
    found = []
    for name, descends in asked.order:
        if name == "change":
            text = f"{table}m0 - {table}m{len(asked.metrics)}"
        elif name in asked.dimensions:
            text = _sorted_by(name, f"{table}d{asked.dimensions.index(name)}")
        else:
            text = f"{table}m{list(asked.metrics).index(name)}"
        found.append(f"{text} {'DESC' if descends else 'ASC'} NULLS LAST")
    return [*found, *(f"{table}d{number}" for number in range(len(asked.dimensions)))]


def _sorted_by(dimension: str, column: str) -> str:
    known = _DIMENSIONS[dimension]
    if not known.table:
        return column
    return f"(SELECT lower(n.{known.name}) FROM {known.table} n WHERE n.id = {column})"


def _named(asked: Composition, *, as_text: bool = False) -> str:
    """Of each dimension its value and its name."""
    found = []
    for number, dimension in enumerate(asked.dimensions):
        known = _DIMENSIONS[dimension]
        if dimension == "article":
            found.append(f"page.d{number}{'::text' if as_text else ''}, n{number}.headline")
        elif known.table:
            found.append(f"n{number}.{known.address}, n{number}.{known.name}")
        else:
            found.append(f"page.d{number}, NULL")
    return "".join(f"{each}, " for each in found)


def _names(asked: Composition) -> str:
    return " ".join(
        f"LEFT JOIN {_DIMENSIONS[dimension].table} n{number} ON n{number}.id = page.d{number}"
        for number, dimension in enumerate(asked.dimensions)
        if _DIMENSIONS[dimension].table
    )


def patterns_of_headlines(texts: Sequence[str]) -> list[str]:
    """Patterns of LIKE that find these texts and nothing else."""
    return [f"%{_escaped(text)}%" for text in texts]


def patterns_of_languages(tags: Sequence[str]) -> list[str]:
    """Patterns of LIKE for a language and its longer tags."""
    return [
        pattern for tag in tags for pattern in (_escaped(tag.lower()), f"{_escaped(tag.lower())}-%")
    ]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
