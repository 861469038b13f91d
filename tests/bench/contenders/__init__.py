"""What stands beside the product: the framework's ceilings and the textbook app, as one Django project."""
