"""Live counts: server-sent events of public counts, as a raw ASGI application in a process of its own."""
