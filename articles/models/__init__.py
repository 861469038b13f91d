"""The tables of the app: articles with their sections, tags, authors, pictures, revisions, sources and API keys."""

from articles.models.accounts import Account, DeskSession
from articles.models.api_keys import ApiKey, IdempotencyKey
from articles.models.articles import (
    Article,
    ArticleAuthor,
    ArticleMedia,
    ArticleQuerySet,
    ArticleTag,
    ArticleURL,
    sections_with_articles,
)
from articles.models.audit import ActorKind, AuditEntry
from articles.models.authors import Author
from articles.models.leads import Lead
from articles.models.pictures import Media, Rendition
from articles.models.records import WHAT_WAS_DONE, ArticleRevision, Correction, CorrectionQuerySet
from articles.models.sites import ArticleAddress, Sighting, Site
from articles.models.sources import Feed, Source
from articles.models.states import (
    CURRENT_STATES,
    EXPIRING_STATES,
    PUBLIC_STATES,
    ArticleType,
    PubStatus,
    State,
)
from articles.models.taxonomy import Section, Tag, validate_slug

__all__ = [
    "CURRENT_STATES",
    "EXPIRING_STATES",
    "PUBLIC_STATES",
    "WHAT_WAS_DONE",
    "Account",
    "ActorKind",
    "ApiKey",
    "Article",
    "ArticleAddress",
    "ArticleAuthor",
    "ArticleMedia",
    "ArticleQuerySet",
    "ArticleRevision",
    "ArticleTag",
    "ArticleType",
    "ArticleURL",
    "AuditEntry",
    "Author",
    "Correction",
    "CorrectionQuerySet",
    "DeskSession",
    "Feed",
    "IdempotencyKey",
    "Lead",
    "Media",
    "PubStatus",
    "Rendition",
    "Section",
    "Sighting",
    "Site",
    "Source",
    "State",
    "Tag",
    "sections_with_articles",
    "validate_slug",
]
