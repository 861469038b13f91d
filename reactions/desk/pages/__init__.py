"""The desk's pages of figures, and what they share."""
