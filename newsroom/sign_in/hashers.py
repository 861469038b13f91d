"""The hash of passwords."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP recommends for servers.

    Django's take 100 MiB and eight threads for one sign-in: the threads of a web process that check passwords at one
    moment would take gigabytes.
    """

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1
