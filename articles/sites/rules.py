"""Which site an origin or a URL belongs to, and what all spellings of an article's address have in common.

Scheme, fragment, trailing and repeated slashes, index files, percent-encoding and every query parameter that the site
does not name make no other article; nor do the forms for telephones and AMP, unless the site says otherwise.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

from articles.models import Site
from articles.models.sites import LONGEST_KEY

# In the list of origins: pages that have none, which are frames sandboxed without `allow-same-origin`.
NULL_ORIGIN = "null"

_LONGEST_URL = 1_000
_PORTS = {"http": 80, "https": 443}
_INDEX_FILES = {"index.html", "index.htm", "index.php"}
_OTHER_FORMS = {"www", "m", "mobile", "amp"}
# Not where nothing but dots is left, which would be another path.
_AMP_ENDING = re.compile(r"(?<=[^.])\.amp(\.html?)?$")
# What a path keeps as it is (RFC 3986, pchar).
_SAFE = "!$&'()*+,;=:@~"


class NotAnOrigin(ValueError):
    """A text that is no origin, with a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """A URL of a site: what its spellings share, and the URL itself without what distinguishes nothing."""

    key: str
    url: str
    path: str  # decoded, for patterns
    is_root: bool


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A site, with its rules ready to be applied."""

    site: Site
    hosts: frozenset[str]
    patterns: tuple[tuple[bool, re.Pattern[str]], ...]  # whether it includes; the path

    @classmethod
    def of(cls, site: Site) -> Self:
        origins = (each for each in site.origins if each != NULL_ORIGIN)
        hosts = frozenset(_host_form(urlsplit(each).netloc, site) for each in origins)
        return cls(site, hosts, tuple(map(_compiled, site.url_patterns)))

    def address(self, url: str) -> Address | None:
        """The address of a URL; None where it is none, or of another site."""
        parts = _split(url)
        if parts is None:
            return None
        host = _host_form(parts.netloc, self.site)
        segments = _segments(parts.path)
        if host not in self.hosts or segments is None:
            return None
        same = _same_article(segments, self.site)
        named = [pair for pair in parse_qsl(parts.query) if pair[0] in self.site.query_parameters]
        query = f"?{urlencode(sorted(named))}" if named else ""
        path = "/" + "/".join(same)
        key = host + "/" + "/".join(quote(each, safe=_SAFE) for each in same) + query
        end = "/" if parts.path.endswith("/") and segments else ""
        shown = "/" + "/".join(quote(each, safe=_SAFE) for each in segments) + end
        written = f"{parts.scheme}://{parts.netloc}{shown}{query}"
        if len(key) > LONGEST_KEY or len(written) > _LONGEST_URL:
            return None
        return Address(key, written, path, is_root=not same and not named)

    def origins(self) -> list[str]:
        """Every origin that its pages may have, as far as browsers can name it."""
        listed = [each for each in self.site.origins if each != NULL_ORIGIN]
        if not self.site.has_mobile_hosts:
            return listed
        forms = ["", *(f"{form}." for form in sorted(_OTHER_FORMS))]
        plain = [
            (urlsplit(each).scheme, _host_form(urlsplit(each).netloc, self.site)) for each in listed
        ]
        return [f"{scheme}://{form}{host}" for scheme, host in plain for form in forms]

    def is_article(self, address: Address) -> bool:
        """Whether the patterns of the site include the address. The root only where a pattern names it."""
        if address.is_root:
            return "/" in self.site.url_patterns
        included = [includes for includes, _ in self.patterns]
        result = not any(included)
        for includes, pattern in self.patterns:
            if pattern.fullmatch(address.path):
                result = includes
        return result


class Sites:
    """The active sites of this installation."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self.rules = [SiteRules.of(site) for site in sites]
        self._by_host = {host: rules for rules in self.rules for host in rules.hosts}
        self._by_origin = {origin: rules for rules in self.rules for origin in rules.site.origins}

    def of_origin(self, origin: str) -> SiteRules | None:
        """The site that lists this origin, as browsers send it; None where none does."""
        if found := self._by_origin.get(origin):
            return found
        if origin == NULL_ORIGIN or (parts := _split(origin)) is None:
            return None
        rules = self._of_host(parts.netloc)
        if rules is None or not rules.site.has_mobile_hosts:
            return None
        form = _host_form(parts.netloc, rules.site)
        listed = (urlsplit(each) for each in rules.site.origins if each != NULL_ORIGIN)
        return (
            rules
            if any(
                each.scheme == parts.scheme and _host_form(each.netloc, rules.site) == form
                for each in listed
            )
            else None
        )

    def of_url(self, url: str) -> tuple[SiteRules, Address] | None:
        """The site of a URL and the address; None where it is of no site, or no URL."""
        parts = _split(url)
        rules = self._of_host(parts.netloc) if parts else None
        address = rules.address(url) if rules else None
        return (rules, address) if rules and address else None

    def _of_host(self, host: str) -> SiteRules | None:
        return self._by_host.get(host) or self._by_host.get(_without_form(host))


def is_url(text: str) -> bool:
    """Whether this names an article by its URL, and not by its id or slug."""
    return text.startswith(("https://", "http://"))


def read_origin(text: str) -> str:
    """An origin as browsers write it: lower case, without a default port or a path. Raises NotAnOrigin."""
    if text.strip().lower() == NULL_ORIGIN:
        return NULL_ORIGIN
    parts = _split(text.strip())
    if parts is None:
        raise NotAnOrigin(f"{text!r} is no origin, such as https://blog.example.org.")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise NotAnOrigin(f"{text!r} has more than scheme, host and port.")
    return f"{parts.scheme}://{parts.netloc}"


def _split(url: str) -> SplitResult | None:
    """A URL of the web in its parts, `netloc` being host and port in ASCII; None for anything else."""
    if len(url) > _LONGEST_URL or any(each <= " " or each in "\\\x7f" for each in url):
        return None
    try:
        url.encode()  # a lone surrogate is no text
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
        port = parts.port
    except ValueError:  # UnicodeError too
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    host = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}")


def _host_form(host: str, site: Site) -> str:
    return _without_form(host) if site.has_mobile_hosts else host


def _without_form(host: str) -> str:
    first, _, rest = host.partition(".")
    return rest if first in _OTHER_FORMS and "." in rest else host


def _segments(path: str) -> list[str] | None:
    """The segments of a path, decoded, without empty ones and dots; None where one cannot be text."""
    segments: list[str] = []
    for segment in path.split("/"):
        try:
            text = unicodedata.normalize("NFC", unquote_to_bytes(segment).decode())
        except UnicodeDecodeError:
            return None
        if any(unicodedata.category(each) == "Cc" for each in text):
            return None
        if text == "..":
            del segments[-1:]
        elif text not in {"", "."}:
            segments.append(text)
    return segments


def _same_article(segments: list[str], site: Site) -> list[str]:
    """The segments that the other forms of a page have in common. Its own result stays as it is."""
    same = list(segments)
    before: list[str] | None = None
    while same != before:
        before = list(same)
        if same and same[-1] in _INDEX_FILES:
            del same[-1]
        if site.has_amp_pages:
            same = _without_amp(same)
    return same


def _without_amp(segments: list[str]) -> list[str]:
    if len(segments) > 1 and segments[-1] == "amp":
        return segments[:-1]
    if len(segments) > 1 and segments[0] == "amp":
        return segments[1:]
    return [*segments[:-1], *(_AMP_ENDING.sub(r"\1", each) for each in segments[-1:])]


def _compiled(pattern: str) -> tuple[bool, re.Pattern[str]]:
    path = pattern.removeprefix("!")
    text = ".*".join(re.escape(part) for part in re.split(r"\*+", path.rstrip("/") or path))
    return not pattern.startswith("!"), re.compile(text, re.DOTALL)
