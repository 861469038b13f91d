"""From the outbox to the public counts: aggregation, the cache writer, reconciliation, imported counts."""
