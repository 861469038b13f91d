"""Counts and slugs as this process, Redis and PostgreSQL hold them, and the bounds on asking."""
