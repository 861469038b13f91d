"""Where Django looks for the desk, which is in `articles.desk`."""

from articles.desk import history, keys, labels, people, pictures, stories

__all__ = ["history", "keys", "labels", "people", "pictures", "stories"]
