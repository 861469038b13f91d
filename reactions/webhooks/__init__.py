"""Tells receivers what happened: Standard Webhooks, made from the change feed."""
