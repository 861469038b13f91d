"""The project: settings, URLs, health, metrics, and the supervisor. No product behaviour."""
