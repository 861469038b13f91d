"""The change feed: what changed since a position, in an order that can be resumed."""
