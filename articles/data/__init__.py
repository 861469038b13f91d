"""Tables that the code reads, and what makes them."""
