"""The product with one more view: an empty Django template, the reference of `tests.bench.pages`."""
