"""First sights: pages of a site that a reader sees before they are known here, and their verification by a worker.

The reader's browser names an address and nothing else; what is registered is what the site itself answers there.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from articles.formats.guarded import read_page_head
from articles.formats.page_head import PageHead
from articles.formats.story import StoryError
from articles.http_client import PORTS, AllowedTargets, FetchError, fetch
from articles.models import Article, Sighting
from articles.models.sites import Site
from articles.sites.known import known_sites
from articles.sites.register import add_alias, find_at, register
from articles.sites.rules import NULL_ORIGIN, Address, SiteRules, Sites

logger = logging.getLogger(__name__)

# A page that was refused is fetched again at its next sight after so long: its editor may have mended it.
REFUSED_FOR = timedelta(minutes=10)
# A worker that has claimed a page is done with it by then, or was killed.
_CLAIM = timedelta(minutes=1)
# Refusals are listed for the site's editor so long.
_LISTED_FOR = timedelta(days=7)
# For one page: a slow site must not keep the worker from the others. A page of more is none of text.
_SECONDS = 8.0
_BYTES = 3 * 1024 * 1024
# Of one call, whose task then sends the next one: CELERY_TASK_TIME_LIMIT ends a task after a minute.
_ROUND_SECONDS = 20.0
_SLOW_SECONDS = 4.0


class SightRefused(Exception):
    """A page that becomes no article. `code` is that of the problem, `detail` a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class TooManySightings(SightRefused):
    """The site has registered as many pages within an hour as SIGHTINGS_PER_SITE_HOUR allows."""


@dataclass(frozen=True, slots=True)
class Sight:
    """`article_id` is None while the page waits for its verification; `is_new`: this call has added it."""

    article_id: UUID | None
    is_new: bool = False


def look_up(url: str, *, by_operator: bool = False) -> Sight | None:
    """The article at this URL, or that it waits for its verification; None where neither is known.

    Raises SightRefused for a page that becomes no article. An operator registers pages also of a site that registers
    none at first sight.
    """
    rules, address = _site_of(url)
    if found := find_at(address.key):
        if not found.is_public:
            raise SightRefused("not_public", f"The article at {address.url} is not public.")
        return Sight(found.pk)
    if not rules.site.registers and not by_operator:
        raise SightRefused(
            "registration_off", f"{rules.site.name} does not register pages at first sight."
        )
    if not rules.is_article(address):
        raise SightRefused(
            "outside_patterns", f"{address.url} is none of the pages that are articles there."
        )
    sighting = Sighting.objects.filter(key=address.key).first()
    if sighting is None or _is_worth_another_try(sighting):
        return None
    if sighting.state == Sighting.State.PENDING:
        return Sight(None)
    raise SightRefused(sighting.code, sighting.detail)


def add_sighting(url: str) -> Sight:
    """Have a worker verify the page. Any number of calls for one page add one. Raises SightRefused."""
    rules, address = _site_of(url)
    hour_ago = timezone.now() - timedelta(hours=1)
    if (
        rules.site.sightings.filter(seen_at__gte=hour_ago).count()
        >= settings.SIGHTINGS_PER_SITE_HOUR
    ):
        raise TooManySightings(
            "throttled", f"Too many new pages of {rules.site.name} within this hour."
        )
    return Sight(None, _add(rules, address))


def register_now(url: str) -> bool:
    """Verify the page in this process, without a limit; whether it was not known. Raises SightRefused."""
    known = look_up(url, by_operator=True)
    if known is not None and known.article_id is not None:
        return False
    rules, address = _site_of(url)
    _add(rules, address)
    verify(Sighting.objects.select_related("site").get(key=address.key))
    return look_up(url, by_operator=True) is not None


def _add(rules: SiteRules, address: Address) -> bool:
    """Whether the page waits for its verification by this call."""
    now = timezone.now()
    _, is_new = Sighting.objects.get_or_create(
        key=address.key, defaults={"url": address.url, "site": rules.site, "seen_at": now}
    )
    if is_new:
        return True
    again = Sighting.objects.filter(key=address.key).exclude(state=Sighting.State.PENDING)
    return bool(
        again.update(state=Sighting.State.PENDING, seen_at=now, checked_at=None, url=address.url)
    )


def verify_due() -> bool:
    """Verify pages that wait, for some seconds; whether there may be more.

    Any number may run concurrently, and be killed at any point. Of a site that answers slowly a run fetches one page, so
    that it does not keep the worker from the others.
    """
    ends_at = time.monotonic() + _ROUND_SECONDS
    slow: list[int] = []
    while time.monotonic() < ends_at:
        began = time.monotonic()
        sighting = _claim(slow)
        if sighting is None:
            return bool(slow)
        verify(sighting)
        if time.monotonic() - began > _SLOW_SECONDS:
            slow.append(sighting.site_id)
    return True


def purge_sightings() -> int:
    """Delete refusals of a week ago; returns how many."""
    old = Q(state=Sighting.State.REFUSED, seen_at__lt=timezone.now() - _LISTED_FOR)
    return Sighting.objects.filter(old).delete()[0]


def verify(sighting: Sighting) -> None:
    """Fetch the page and register it, add it to an article that is known, or note why neither."""
    values: dict[str, Any]
    try:
        article, state, warning = _verified(sighting)
    except SightRefused as refused:
        values = {
            "state": Sighting.State.REFUSED,
            "code": refused.code,
            "detail": refused.detail,
            "warning": refused.detail,
            "article": None,
        }
    else:
        values = {"state": state, "code": "", "detail": "", "warning": warning, "article": article}
    Sighting.objects.filter(pk=sighting.pk).update(checked_at=timezone.now(), **values)


def _site_of(url: str) -> tuple[SiteRules, Address]:
    found = known_sites().of_url(url)
    if found is None:
        raise SightRefused(
            "unknown_site", f"{url[:200]!r} is no page of a site that is known here."
        )
    return found


def _is_worth_another_try(sighting: Sighting) -> bool:
    """Of pages that have no article: those refused some time ago, and those whose article was deleted."""
    if sighting.state == Sighting.State.PENDING:
        return False
    return (
        sighting.state != Sighting.State.REFUSED
        or sighting.checked_at is None
        or sighting.checked_at < timezone.now() - REFUSED_FOR
    )


def _claim(without_sites: Sequence[int]) -> Sighting | None:
    """The next page that waits, of another site than these."""
    now = timezone.now()
    free = Q(checked_at=None) | Q(checked_at__lt=now - _CLAIM)
    with transaction.atomic():
        claimed = (
            Sighting.objects.filter(free, state=Sighting.State.PENDING)
            .exclude(site__in=without_sites)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("site")
            .order_by("id")
            .first()
        )
        if claimed:
            Sighting.objects.filter(pk=claimed.pk).update(checked_at=now)
    return claimed


def _verified(sighting: Sighting) -> tuple[Article, str, str]:
    """The article, whether it is new, and what the site's editor should mend. Raises SightRefused."""
    sites = Sites([sighting.site])
    (rules,) = sites.rules
    address, head = _read(rules, sighting.url)
    if article := _stated(head, sighting.site):
        add_alias(article, rules.site, [_own(rules, sighting), address])
        return article, Sighting.State.ALIAS, ""
    canonical, warning = _canonical_of(rules, address, head)
    found = [_own(rules, sighting), address, canonical]
    for _ in range(
        2
    ):  # another worker may register the same article under another of its addresses
        try:
            article, is_new = register(rules.site, found, head)
            state = Sighting.State.REGISTERED if is_new else Sighting.State.ALIAS
            return article, state, warning
        except IntegrityError as error:
            logger.info("%s is being registered elsewhere, too: %s", canonical.url, error)
    raise SightRefused("not_fetched", f"{address.url} is being registered elsewhere, too.")


def _own(rules: SiteRules, sighting: Sighting) -> Address:
    address = rules.address(sighting.url)
    if address is None:  # the site's origins have changed since
        raise SightRefused("unknown_site", f"{sighting.url} is no page of {rules.site.name} now.")
    return address


def _read(rules: SiteRules, url: str) -> tuple[Address, PageHead]:
    """Where the page is, after redirects, and what it says of itself. Raises SightRefused."""
    try:
        fetched = fetch(url, seconds=_SECONDS, most_bytes=_BYTES, allowed=_targets(rules.site))
    except FetchError as error:
        raise SightRefused("not_fetched", f"{url} could not be fetched: {error}") from None
    address = rules.address(fetched.url)
    if address is None:
        raise SightRefused("left_site", f"{url} leads to another site.")
    if not rules.is_article(address):
        raise SightRefused(
            "outside_patterns",
            f"{url} leads to {address.url}, which is none of the articles there.",
        )
    if fetched.content_type and "html" not in fetched.content_type:
        raise SightRefused("no_page", f"{url} is no page.")
    try:
        head = read_page_head(
            fetched.content or b"", url=fetched.url, charset=_charset(fetched.content_type)
        )
    except StoryError:
        raise SightRefused("no_page", f"{url} is no page that can be read.") from None
    if not head.title:
        raise SightRefused("no_title", f"{url} has no title.")
    return address, head


def _charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    return header.get_content_charset() or ""


def _targets(site: Site) -> AllowedTargets:
    """The ports that the site's own origins name, besides the usual ones; and networks that the operator allows."""
    listed = [each for each in site.origins if each != NULL_ORIGIN]
    ports = {int(port) for each in listed if (port := each.rpartition(":")[2]).isdigit()}
    return AllowedTargets(ports=PORTS | ports, networks=settings.FETCH_NETWORKS)


def _stated(head: PageHead, site: Site) -> Article | None:
    """The article that the page names by its id here; a stated id wins over the address."""
    if not head.article:
        return None
    try:
        article = Article.objects.at(head.article)
    except Article.DoesNotExist:
        return None
    if article.merged_into:
        article = article.merged_into
    return article if article.is_public and article.site_id in {None, site.pk} else None


def _canonical_of(rules: SiteRules, address: Address, head: PageHead) -> tuple[Address, str]:
    """The canonical address where it can be believed, else the page's own with a warning.

    Some themes print one canonical address on every page. It is believed where that page is one of the site's articles,
    names itself as canonical, and has the same title.
    """
    if not head.canonical:
        return address, ""
    named = rules.address(head.canonical)
    if named is not None and named.key == address.key:
        return (named if rules.is_article(named) else address), ""
    ignored = (
        f"{address.url} names {head.canonical[:300]} as its canonical address, which is ignored: "
    )
    if named is None or not rules.is_article(named):
        return address, ignored + "it is none of the articles of this site."
    try:
        where, other = _read(rules, named.url)
    except SightRefused as refused:
        return address, ignored + refused.detail
    itself = rules.address(other.canonical) if other.canonical else where
    if where.key != named.key or itself is None or itself.key != named.key:
        return address, ignored + "that page names another one."
    if other.title.casefold() != head.title.casefold():
        return address, ignored + f"that page has another title, {other.title!r}."
    return named, ""
