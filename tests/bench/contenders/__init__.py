"""The comparisons of the benchmark: the framework's ceilings and the textbook app, as one Django project."""
