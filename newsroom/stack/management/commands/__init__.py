"""Commands of the supervisor."""
