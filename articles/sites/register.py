"""Registers the articles of sites: headline, address, time and section, and no text."""

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from articles.announce import announce
from articles.content import get_or_create_labels, names_by_slug
from articles.fields import SLUG_LENGTH
from articles.formats.page_head import PageHead
from articles.formats.slugs import slug_of
from articles.ids import tag_uri
from articles.models import Article, ArticleAddress, Section, Site, State
from articles.offsets import offset_of
from articles.revisions import record_revision
from articles.sites.rules import Address

REGISTERED = "register"  # the kind of its first revision


def find_at(key: str) -> Article | None:
    """The article at the address with this key; a merged one leads to the other."""
    found = ArticleAddress.objects.select_related("article__merged_into").filter(key=key).first()
    return (found.article.merged_into or found.article) if found else None


@transaction.atomic
def register(site: Site, found: Sequence[Address], head: PageHead) -> tuple[Article, bool]:
    """The article of a page at these addresses, the canonical one last; and whether it is new.

    It is an article that is known by one of them, or by its id at the site: then a new canonical address replaces the
    old one, which stays as another. Raises IntegrityError where another transaction registers one of them now.
    """
    canonical = found[-1]
    article = _known(site, found, head)
    if article is None:
        article = _create(site, canonical, head)
        add_alias(article, site, found)
        ArticleAddress.objects.filter(key=canonical.key).update(is_canonical=True)
        record_revision(article, kind=REGISTERED, note=canonical.url, editor=site.name)
        announce(article.pk)
        return article, True
    is_moved = bool(head.item_id) and not ArticleAddress.objects.filter(key=canonical.key).exists()
    add_alias(article, site, found)
    if is_moved:
        set_canonical(article, canonical)
    return article, False


def add_alias(article: Article, site: Site, addresses: Sequence[Address]) -> int:
    """Have these addresses lead to the article, too; how many are new. One that leads elsewhere is left as it is."""
    new = {each.key: each for each in addresses}
    known = set(ArticleAddress.objects.filter(key__in=new).values_list("key", flat=True))
    rows = [
        ArticleAddress(key=key, url=each.url, article=article, site=site)
        for key, each in sorted(new.items())
        if key not in known
    ]
    ArticleAddress.objects.bulk_create(rows)
    return len(rows)


def set_canonical(article: Article, address: Address) -> None:
    """Make an address of the article its canonical one. In the transaction that moves it; the caller announces it."""
    article.addresses.filter(is_canonical=True).update(is_canonical=False)
    article.addresses.filter(key=address.key).update(is_canonical=True, url=address.url)
    article.canonical_url = address.url
    Article.objects.filter(pk=article.pk).update(
        canonical_url=address.url, updated_at=timezone.now()
    )
    announce(article.pk)


def _known(site: Site, found: Sequence[Address], head: PageHead) -> Article | None:
    if head.item_id:
        stated = Article.objects.filter(site=site, site_item_id=head.item_id)
        if article := stated.select_related("merged_into").first():
            return article.merged_into or article
    keys = [each.key for each in reversed(found)]
    rows = ArticleAddress.objects.select_related("article__merged_into").filter(key__in=keys)
    by_key = {each.key: each.article for each in rows}
    article = next((by_key[key] for key in keys if key in by_key), None)
    return (article.merged_into or article) if article else None


def _create(site: Site, canonical: Address, head: PageHead) -> Article:
    now = timezone.now()
    stated = min(head.published_at or now, now)
    published_at = stated.astimezone(UTC)
    suffix = sha256(canonical.key.encode()).hexdigest()[:10]
    article = Article(
        site=site,
        site_item_id=head.item_id,
        is_listed=site.is_listed,
        headline=head.title,
        slug=f"{slug_of(head.title)[: SLUG_LENGTH - 11].rstrip('-')}-{suffix}".lstrip("-"),
        canonical_url=canonical.url,
        language=head.language or settings.SITE_LANGUAGE,
        section=_section(head.section),
        state=State.PUBLISHED,
        first_published_at=published_at,
        published_at=published_at,
        published_offset=offset_of(stated),
        content_modified_at=published_at,
    )
    article.guid = tag_uri(site_url=settings.SITE_URL, article_id=article.pk, minted_at=now)
    article.save(force_insert=True)
    return article


def _section(name: str) -> Section | None:
    if not slug_of(name):  # nothing but punctuation
        return None
    return next(iter(get_or_create_labels(Section, names_by_slug([name])).values()))
