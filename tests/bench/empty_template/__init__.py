"""The product with one view more: an empty Django template, the yardstick of `tests.bench.pages`."""
