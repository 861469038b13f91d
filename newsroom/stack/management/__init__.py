"""Management commands of the stack."""
