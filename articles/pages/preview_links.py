"""Preview links: a person without an account reads an article before it is published.

A link is signed, bound to its article and valid for a week. The desk can end all links to an article
earlier: it increments the article's `preview_generation`, and a link with an older generation is refused.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.urls import reverse

from articles.models import Article, State

LIFETIME = timedelta(days=7)
SALT = "articles.preview"
# States in which an article is shown to no reader, not even through a preview link.
HIDDEN_STATES = {State.SPIKED, State.KILLED, State.MERGED}


class InvalidLinkError(Exception):
    """The token was not signed by this site."""


class ExpiredLinkError(Exception):
    """The token is valid, but older than LIFETIME, ended by the desk, or of an article that is not shown."""


def make_link(article: Article) -> str:
    token = signing.dumps([article.pk.hex, article.preview_generation], salt=SALT)
    return f"{settings.SITE_URL}{reverse('articles:preview', args=[token])}"


def find_draft(token: str) -> Article:
    """The article of the link, with all related rows, whether it is published or not.

    Raises InvalidLinkError and ExpiredLinkError.
    """
    try:
        article_id, generation = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise ExpiredLinkError from None
    except signing.BadSignature:
        raise InvalidLinkError from None
    article = Article.objects.in_full().filter(pk=UUID(article_id)).first()
    if article is None or article.state in HIDDEN_STATES:
        raise ExpiredLinkError
    if article.preview_generation != generation:
        raise ExpiredLinkError
    return article


def end_links(*, article_id: UUID) -> None:
    """End every link to the article that was made so far."""
    articles = Article.objects.filter(pk=article_id)
    articles.update(preview_generation=F("preview_generation") + 1)
