"""Sites of others that embed the widget: their addresses, the pages seen first, moves and merges."""
