"""What editors see: stories to write and to move, their versions, and what they are filed under."""
