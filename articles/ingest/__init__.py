"""From parsed stories to the database: `publish_stories` is the door, the other modules its steps."""

from articles.ingest.results import Action, Outcome
from articles.ingest.stories import publish_stories

__all__ = ["Action", "Outcome", "publish_stories"]
