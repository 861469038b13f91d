"""Writes parsed stories to the database. `ingest_stories` is the entry point, the other modules are its steps."""

from articles.ingest.results import Action, IngestResult
from articles.ingest.stories import ingest_stories

__all__ = ["Action", "IngestResult", "ingest_stories"]
