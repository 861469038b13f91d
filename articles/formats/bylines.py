"""The people of a byline: `By Ann Lee in Damascus and Bo Park, Reuters` names two.

Agencies, desks, roles and places are no people. A name that may be none of a person stays in the byline alone: an
author's page that should not be there is worse than one that is missing.
"""

import re
from collections.abc import Iterable

from articles import places
from articles.formats.slugs import slug_of
from articles.formats.story import Author

MOST = 10  # of one byline; a longer list is a text of another kind
LISTED = 50  # of a list of authors
CHARACTERS = 2_000  # that are searched for names
TITLE = 100  # characters of the title of a person

# What a part of a byline begins with, and the role of those it names; None: nobody whose byline it is.
_BEGINNINGS: tuple[tuple[re.Pattern[str], str | None], ...] = (
    (
        re.compile(
            r"(?:edited|editing|compiled|translated|translation)(?:\s+by\b|\s*:)", re.IGNORECASE
        ),
        None,
    ),
    (
        re.compile(
            r"(?:photo(?:graph)?s?|photography|pictures?|images?|fotos?)(?:\s+(?:by|von|de)\b|\s*:)",
            re.IGNORECASE,
        ),
        "photographer",
    ),
    (
        re.compile(
            r"(?:(?:additional|further)\s+)?(?:(?:words|text|story|reporting|report|analysis|review|opinion)\s+)?"
            r"(?:by\b|von\b|par\b|por\b|with\b)\s*:?|(?:words|text|reporting)\s*:",
            re.IGNORECASE,
        ),
        "writer",
    ),
)
_SPACES = re.compile(r"[^\S\n]+")
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PARTS = re.compile(r"\s*(?:[;|•·\n]|\s[–—/-]\s|/)\s*")  # dashes of bylines
_PHRASE = re.compile(
    r",?\s+(?=(?:(?:with\s+)?additional|reporting|edit(?:ed|ing)|photo\w*)\s.*\bby\b|(?:fotos?|photos?|pictures?)\s*:)",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*(?:and\s+|&\s*)?")
_AND = re.compile(r"\s+(?:and|und|et|y|with)\s+|\s*&\s*", re.IGNORECASE)
_WHERE = re.compile(r"\s+(?:in|for|at|from|aus|à)\s+(?:the\s+)?(?=[^\W\d_a-z]).*$")
_SUFFIX = re.compile(r",\s*(?=(?:Jr|Sr|II|III|IV)\b)")
_WORD = re.compile(r"['’]?[^\W\d_][^\d_@#:;/\\<>(){}\[\]\"!?*=+%&$|,]{0,40}")
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "di",
        "del",
        "della",
        "der",
        "den",
        "van",
        "von",
        "zu",
        "zur",
        "af",
        "av",
        "la",
        "le",
        "les",
        "el",
        "al",
        "bin",
        "bint",
        "ibn",
        "abu",
        "ben",
        "ten",
        "ter",
        "te",
        "e",
        "y",
        "i",
        "dit",
        "'t",
        "'s-",
    ]
)
# In a name of several words, one of these is of a desk, a role or an agency.
_NOT_PEOPLE = re.compile(
    r"\b(?:staff|newsroom|news|desk|editors?|editorial|team|agency|agencies|agence|agentur|agencia|agenzia|press|presse"
    r"|wires?|bureau|service|services|media|correspondents?|reporters?|contributors?|columnists?|writers?|redaktion|red"
    r"|redacci[oó]n|redazione|r[eé]daction|redactie|redakcja|online|desk|group|foundation|university|ministry|council"
    r"|times|guardian|observer|post|journal|tribune|herald|gazette|magazine|today|radio|television|tv|the|our|special"
    r"|admin(?:istrator)?|anonymous|unknown|guest|web|user|www|bloomberg|reuters|afp|dpa|efe|ansa|tass|xinhua|kyodo)\b"
    r"|\w(?:agentur|agency|redaktion)\b",
    re.IGNORECASE,
)
# The same for an entry of a list of authors, where a surname such as Press or Post is one.
_NOT_LISTED = re.compile(
    r"\b(?:staff|newsroom|news|desk|editorial|team|agency|agencies|agence|agentur|wires?|bureau|redaktion"
    r"|redacci[oó]n|redazione|r[eé]daction|redactie|redakcja|correspondents|reporters|contributors|admin(?:istrator)?"
    r"|anonymous|unknown)\b|\w(?:agentur|agency|redaktion)\b|^the\s|^(?:associated press|press association"
    r"|united press international|press trust of india|canadian press|bloomberg)$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:editor|correspondent|reporter|writer|columnist|analyst|critic|producer|chief|redakteur(?:in)?|korrespondent(?:in)?"
    r"|corresponsal|correspondante?|corrispondente|redactora?|redattrice|redattore|verslaggever|journalist(?:in)?|journaliste)\b",
    re.IGNORECASE,
)
_AGENCIES = frozenset(
    [
        "aap",
        "afp",
        "agi",
        "ana",
        "ani",
        "anp",
        "ansa",
        "ap",
        "apa",
        "ats",
        "belga",
        "bloomberg",
        "bns",
        "bta",
        "ctk",
        "cna",
        "cp",
        "dpa",
        "efe",
        "epd",
        "europapress",
        "hina",
        "irna",
        "itar",
        "jiji",
        "kna",
        "kyodo",
        "lusa",
        "mena",
        "mti",
        "ntb",
        "ots",
        "pa",
        "pap",
        "pti",
        "rbb",
        "reuters",
        "ria",
        "ritzau",
        "sda",
        "sid",
        "sputnik",
        "stt",
        "tanjug",
        "tass",
        "tt",
        "ukrinform",
        "upi",
        "wafa",
        "xinhua",
        "yonhap",
    ]
)


def authors_of(byline: str, *, source: str = "", most: int = MOST) -> tuple[Author, ...]:
    """The people whom the byline names, each once, in its order. `source` is who sent the story."""
    found: dict[str, Author] = {}
    text = _SPACES.sub(" ", byline[:CHARACTERS])
    text = _SUFFIX.sub(" ", _PARENTHESES.sub(" ", text))
    for part in (phrase for each in _PARTS.split(text) for phrase in _PHRASE.split(each)):
        role, names = _read_part(part.strip())
        for name in names:
            if _is_name(name) and slug_of(name) != slug_of(source):
                found.setdefault(slug_of(name), Author(_cased(name), role))
    return tuple(found.values()) if len(found) <= most else ()


def people(authors: Iterable[Author], *, source: str = "") -> tuple[Author, ...]:
    """The authors of a list: several names in one entry are several people, and no agency is one."""
    found: dict[str, Author] = {}
    for author in authors:
        named = authors_of(author.name, source=source, most=LISTED)
        if not named:  # what is listed as an author may have one word, or be of any script
            named = tuple(
                Author(name, author.role, author.title)
                for name in _listed(author.name)
                if _may_be_person(name, source)
            )
        for each in named:
            role = author.role if each.role == "writer" else each.role
            found.setdefault(slug_of(each.name), Author(each.name, role, author.title))
    return tuple(found.values())


def title_of(byline: str) -> str:
    """What a byline of one person says behind the name: `Foreign Editor` of `By Jane Doe, Foreign Editor`."""
    _, _, rest = byline.partition(",")
    title = rest.strip(" .")
    return title if len(title) <= TITLE and "," not in title and _TITLE.search(title) else ""


def _listed(text: str) -> list[str]:
    """The names in an entry of a list of authors: three or more that commas part, of two words or more each."""
    names = [
        name for piece in _COMMA.split(text[:CHARACTERS]) for name in _AND.split(piece) if name
    ]
    are_names = len(names) >= 3 and all(2 <= len(name.split()) <= 6 for name in names)
    return names if are_names else [text]


def _read_part(part: str) -> tuple[str, list[str]]:
    """The role of those whom the part names, and what may be their names."""
    role: str | None = "writer"
    for beginning, of_role in _BEGINNINGS:
        found = beginning.match(part)
        rest = part[found.end() :].strip() if found else ""
        # “Von Trapp” and “Par Lind” are names, “Von Anna Schmidt” is a byline.
        if found and (len(rest.split()) > 1 or found[0].lower() == "by"):
            part, role = rest, of_role
            break
    if role is None:
        return "", []
    return role, [name for piece in _COMMA.split(part) for name in _split_and(piece)]


def _split_and(piece: str) -> list[str]:
    """The names around `and`; a Spanish surname with `y` has one word behind it, and stays whole."""
    names = [_WHERE.sub("", name).strip(" .:") for name in _AND.split(piece)]
    if (
        len(names) > 1
        and any(len(name.split()) < 2 for name in names)
        and re.search(r"\sy\s", piece)
    ):
        return [_WHERE.sub("", piece).strip(" .:")]
    return names


def _cased(name: str) -> str:
    """A byline in capitals is a matter of its layout."""
    return name.title() if name.isupper() else name


def _is_name(name: str) -> bool:
    """Whether it looks like first name and surname: two to six words, capitals, no title of a desk, no town."""
    words = name.split()
    if not 2 <= len(words) <= 6 or len(name) > 100 or not slug_of(name):
        return False
    if not all(_WORD.fullmatch(word) or word.lower() in _PARTICLES for word in words):
        return False
    if not all(_is_capital(word) or word.lower() in _PARTICLES for word in words):
        return False
    if not (_is_capital(words[-1]) and any(len(word.strip(".")) > 1 for word in words)):
        return False
    return not _NOT_PEOPLE.search(name) and places.find_place(name) is None


def _is_capital(word: str) -> bool:
    """Its first letter; scripts without capitals have none to miss. D’Angelo and al-Sayed have it further on."""
    head = word.lower().startswith(("d'", "d’", "o'", "al-", "el-", "'t"))
    return not word[0].islower() or head


def _may_be_person(name: str, source: str) -> bool:
    slug = slug_of(name)
    if not slug or "@" in name or slug == slug_of(source) or slug in _AGENCIES:
        return False
    return not _NOT_LISTED.search(name)
