"""Live counts: the process, its streams and what they cost, on a real Valkey."""
