"""Pictures: checking and rendering of bytes, the rows that refer to stored files, and serving of files."""
