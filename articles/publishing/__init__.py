"""From parsed stories to the database: `publish_stories` is the door, the other modules its steps."""

from articles.publishing.outcomes import Action, Outcome
from articles.publishing.stories import publish_stories

__all__ = ["Action", "Outcome", "publish_stories"]
