"""Imports `articles.desk`: Django's admin autodiscovery imports this module only."""

from articles.desk import (
    addresses,
    api_keys,
    articles,
    audit_log,
    leads,
    pictures,
    revisions,
    sites,
    taxonomy,
    users,
)

__all__ = [
    "addresses",
    "api_keys",
    "articles",
    "audit_log",
    "leads",
    "pictures",
    "revisions",
    "sites",
    "taxonomy",
    "users",
]
