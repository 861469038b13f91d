"""Where Django looks for the desk, which is in `articles.desk`."""

from articles.desk import api_keys, articles, pictures, revisions, taxonomy, users

__all__ = ["api_keys", "articles", "pictures", "revisions", "taxonomy", "users"]
