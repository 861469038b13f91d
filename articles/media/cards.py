"""The cards of pages without a picture: their addresses, and their files, drawn when a card is first asked for.

The address has a hash of what the card says, so that caches may keep it for ever, and no other address than the
current one is ever drawn: a page costs one drawing for each change of its headline, however often it is requested.
"""

import threading
from dataclasses import astuple
from datetime import datetime, timedelta
from hashlib import blake2b

from django.conf import settings
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from articles.media.card_images import CardText, draw_card
from articles.models import Article
from articles.storage import picture_storage

# Part of the hash: a change of the drawing gives every card another address.
_DRAWING = 1
_FOLDER = "cards"
# Seconds that a request waits for another drawing in its process to end; one takes a tenth of a second.
_WAIT_SECONDS = 5.0
# Then the file is deleted, and drawn again where it is asked for.
LIFETIME = timedelta(days=30)

SITE = "site"  # the card of pages that show no single article

_drawing = threading.Lock()


class BusyError(Exception):
    """Other cards are being drawn in this process; the request may be repeated."""


def text_of(article: Article | None) -> CardText:
    """What the card of an article says; that of the site for None."""
    site, language = settings.SITE_NAME, settings.SITE_LANGUAGE
    if article is None:
        return CardText(headline=site, kicker="", site="", language=language)
    section = article.section.name if article.section else ""
    return CardText(article.headline, section, site, article.language)


def digest_of(text: CardText) -> str:
    return blake2b(repr((_DRAWING, *astuple(text))).encode(), digest_size=16).hexdigest()


def url_of(article: Article | None) -> str:
    """The absolute address of an article's card, or of the site's for None."""
    return settings.SITE_URL + path_of(article)


def path_of(article: Article | None) -> str:
    subject = article.pk.hex if article else SITE
    return reverse("articles:card", args=[subject, digest_of(text_of(article))])


def read_card(text: CardText) -> bytes:
    """The card as PNG, from the storage, or drawn and stored. Raises BusyError."""
    name = f"{_FOLDER}/{digest_of(text)}.png"
    stored = _read(name)
    if stored is not None:
        return stored
    if not _drawing.acquire(timeout=_WAIT_SECONDS):
        raise BusyError
    try:
        content = _read(name)  # another request may have drawn it meanwhile
        if content is None:
            content = draw_card(text)
            picture_storage().save(name, ContentFile(content))
    finally:
        _drawing.release()
    return content


def _read(name: str) -> bytes | None:
    try:
        with picture_storage().open(name) as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return None
    return content


def delete_old_cards(*, now: datetime | None = None) -> int:
    """Delete the files of cards after LIFETIME; returns their number. Safe to repeat and to run while cards are drawn."""
    storage, before, count = picture_storage(), (now or timezone.now()) - LIFETIME, 0
    try:
        names = storage.listdir(_FOLDER)[1]
    except FileNotFoundError:  # no card was drawn yet
        return 0
    for name in names:
        path = f"{_FOLDER}/{name}"
        if storage.get_modified_time(path) < before:
            storage.delete(path)
            count += 1
    return count
