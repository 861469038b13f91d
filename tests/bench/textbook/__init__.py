"""The same feature as a good developer writes it in an afternoon: a row a reader, counted on each read."""
