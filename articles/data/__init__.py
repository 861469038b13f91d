"""Tables of places, countries and datelines that the code reads, and the command that writes the first two."""
