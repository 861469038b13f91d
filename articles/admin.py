"""Imports `articles.desk`: Django's admin autodiscovery imports this module only."""

from articles.desk import api_keys, articles, leads, pictures, revisions, sites, taxonomy, users

__all__ = ["api_keys", "articles", "leads", "pictures", "revisions", "sites", "taxonomy", "users"]
