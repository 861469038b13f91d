"""Pictures: bytes that were verified, the rows that name their files, and the files as served."""
