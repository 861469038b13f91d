"""The moderation rules: which first reactions are held, from what number on, and why.

A rule, its limit, the limit's unit and its reason stand together. To add a rule, add an entry to RULES: the setting,
the condition in sql/moderate.sql, the name of its waves at the desk and in the API all follow from it. Only the first
reaction of a reader to an article is moderated; a change is never held. docs/decisions/0018-moderation.md has
the measurements behind the numbers.

The conditions are SQL, because a rule is evaluated for twenty thousand reactions in one statement. They read these
figures of a reaction, which moderate.sql computes; each counts first reactions and includes the evaluated one:

| figure | counts |
|---|---|
| `network_article` | those of its network to its article, held ones included, in an hour that began with the first |
| `network_article_day` | the same, in a day that began with the first |
| `network_minute` | those of its network to any article in this minute, held ones included |
| `article_minute` | those without page to its article in this minute |
| `article_without_page` | those without page counted on its article in the last hour |
| `article_hour` | those counted on its article in the last hour |
| `article_hour_others` | the same, without those of its own network |
| `article_day_others` | the same of the last day |
| `article_usual` | moving average of `article_minute`, per minute |
| `without_page` | true where the reaction has no page token, and its reader no history |

A reader has history with a counted reaction to another article, made on an earlier day: an age of a token, which costs
nothing, is none.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A number that the operator may set; 0 switches the rule off."""

    setting: str  # the environment variable
    default: int
    unit: str


@dataclass(frozen=True)
class Rule:
    """Holds a first reaction where `holds` is true; `{limit}` stands for the limit.

    Most reactions are far from every limit, and ranking a reaction among the others is what costs. A reaction is
    ranked only where a rule suspects its network or its article: `suspects_network` reads `in_hour` and `in_day`,
    the most from the network to one article, and `in_minute`, all from it in this minute; `suspects_article` reads `without_page`
    of any reaction to the article. Each must be true wherever `holds` could be.
    """

    name: str  # stable: stored with every wave and sent by the API; 20 characters at most
    label: str  # what the desk calls its waves
    limit: Limit
    holds: str
    suspects_network: str = "false"
    suspects_article: str = "false"


# The first rule that holds a reaction names its wave.
RULES = (
    # An office or a campus behind one address has tens of readers of an article in an hour, a loop of curl has
    # thousands. On an article with a large audience a shared network has a large one too, so half a percent of the
    # other readers is let through: by Zipf's law the largest of 2,000 shared networks has a third of that.
    Rule(
        name="network_story",
        label="Many from one network on one story",
        limit=Limit("REACTIONS_PER_NETWORK_ARTICLE", 20, "first reactions in an hour"),
        holds="network_article > GREATEST({limit}, 0.005 * article_hour_others)",
        suspects_network="in_hour > {limit}",
    ),
    # The same loop, slowly: twenty an hour are 480 a day. A hundred readers of one article in a day are a large office.
    Rule(
        name="network_day",
        label="Many from one network on one story within a day",
        limit=Limit("REACTIONS_PER_NETWORK_ARTICLE_DAY", 100, "first reactions in a day"),
        holds="network_article_day > GREATEST({limit}, 0.005 * article_day_others)",
        suspects_network="in_day > {limit}",
    ),
    # The same loop spread over many articles stays below the limit of each.
    Rule(
        name="network_minute",
        label="Many from one network within a minute",
        limit=Limit(
            "REACTIONS_PER_NETWORK_MINUTE", 60, "first reactions in a minute, on any article"
        ),
        holds="network_minute > {limit}",
        suspects_network="in_minute > {limit}",
    ),
    # A script behind many addresses: far more than this article usually has, none of them loaded the page. Eight
    # times the usual is more than a push message brings; three an hour from one network may be readers whose
    # browser sends no page token.
    Rule(
        name="surge",
        label="A surge of clients that never loaded the page",
        limit=Limit(
            "REACTIONS_SURGE_PER_MINUTE", 120, "first reactions without history in a minute"
        ),
        holds=(
            "without_page AND network_article > 3"
            " AND article_minute > GREATEST({limit}, 8.0 * article_usual)"
        ),
        suspects_article="without_page",
    ),
    # The same script, slowly: an article whose readers mostly did not load it.
    Rule(
        name="unread",
        label="More clients that never loaded the page than readers who did",
        limit=Limit(
            "REACTIONS_WITHOUT_PAGE_PER_HOUR", 100, "first reactions without page in an hour"
        ),
        holds="without_page AND article_without_page > GREATEST({limit}, 0.5 * article_hour)",
        suspects_article="without_page",
    ),
)

LABELS = {rule.name: rule.label for rule in RULES}
