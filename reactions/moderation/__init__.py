"""Which first reactions are held and why, and what editors decide about them."""
