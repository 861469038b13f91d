"""Links by which somebody without an account reads an article before it is out.

A link is signed and bound to its article, holds for a week, and ends sooner when the desk says so:
then the article's generation rises, and every link that names an older one is over.
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
# An article that is put aside or gone for good is shown to nobody.
ENDED = {State.SPIKED, State.KILLED}


class Unknown(Exception):
    """A link that the desk never gave out."""


class Ended(Exception):
    """A link that held once."""


def make_link(article: Article) -> str:
    token = signing.dumps([article.pk.hex, article.preview_generation], salt=SALT)
    return f"{settings.SITE_URL}{reverse('articles:preview', args=[token])}"


def find_draft(token: str) -> Article:
    """The article that the link leads to, with all its parts, public by now or not.

    Raises Unknown and Ended.
    """
    try:
        article_id, generation = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise Ended from None
    except signing.BadSignature:
        raise Unknown from None
    article = Article.objects.in_full().filter(pk=UUID(article_id)).first()
    if article is None or article.state in ENDED or article.preview_generation != generation:
        raise Ended
    return article


def end_links(*, article_id: UUID) -> None:
    """End every link to the article that was given out so far."""
    articles = Article.objects.filter(pk=article_id)
    articles.update(preview_generation=F("preview_generation") + 1)
