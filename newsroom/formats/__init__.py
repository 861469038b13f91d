"""How the desk writes dates and times, in each of its languages."""
