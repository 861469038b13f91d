"""What editors see: articles to write and to move, their versions, and what they are filed under."""
