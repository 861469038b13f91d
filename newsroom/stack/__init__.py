"""The embedded PostgreSQL and Valkey, and the supervisor behind `make run`, which starts them and every process."""
