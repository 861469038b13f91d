"""The newsroom's questions, as queries."""
