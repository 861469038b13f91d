"""How users sign in at the desk: password, second factor, sessions, and how often one may try.

docs/decisions/0052-sign-in.md has the reasons.
"""
