"""The desk: the Django admin in which editors write, publish and compare articles, and maintain what they refer to."""
