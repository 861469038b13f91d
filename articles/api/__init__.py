"""The JSON API of articles: reading, editing, transitions, and the keys of programs."""
