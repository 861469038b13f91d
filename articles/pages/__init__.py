"""The pages for readers, the page cache in front of them, search and preview links."""
