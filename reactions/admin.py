"""Where Django looks for the desk, which is in `reactions.desk`."""

from reactions.desk import admin, waves, webhooks

__all__ = ["admin", "waves", "webhooks"]
