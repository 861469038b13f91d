"""The embedded PostgreSQL and Valkey, and `manage.py up`, which starts the whole house."""
