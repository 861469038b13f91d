"""Django's database backend for PostgreSQL, with a pool that survives lost connections, and bounded waits."""
