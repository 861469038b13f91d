"""What a newsroom keeps: stories, and all that belongs to them."""

from articles.models.keys import ApiKey, IdempotencyKey
from articles.models.labels import Section, SectionQuerySet, Tag, validate_slug
from articles.models.people import Author
from articles.models.pictures import Media, Rendition
from articles.models.records import ArticleRevision, Correction, CorrectionQuerySet
from articles.models.sources import Feed, Source
from articles.models.states import EXPIRING_STATES, PUBLIC_STATES, ArticleType, PubStatus, State
from articles.models.stories import (
    Article,
    ArticleAuthor,
    ArticleMedia,
    ArticleQuerySet,
    ArticleTag,
    ArticleURL,
)

__all__ = [
    "EXPIRING_STATES",
    "PUBLIC_STATES",
    "ApiKey",
    "Article",
    "ArticleAuthor",
    "ArticleMedia",
    "ArticleQuerySet",
    "ArticleRevision",
    "ArticleTag",
    "ArticleType",
    "ArticleURL",
    "Author",
    "Correction",
    "CorrectionQuerySet",
    "Feed",
    "IdempotencyKey",
    "Media",
    "PubStatus",
    "Rendition",
    "Section",
    "SectionQuerySet",
    "Source",
    "State",
    "Tag",
    "validate_slug",
]
