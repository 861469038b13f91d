"""Hypothesis profiles: `make test` repeats the same examples, `make fuzz` draws ten times as many at random.

tests/conftest.py imports this module before pytest reads `--hypothesis-profile`. A test that needs more or fewer
examples, or suppresses a health check, decorates itself with `examples`, so that both profiles apply to it.
"""

from hypothesis import HealthCheck, settings

# A derandomised run is the same everywhere, so a change alone decides whether `make test` passes.
# No deadline: two pytest processes and their servers share the cores.
settings.register_profile(
    "test",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# Failing examples stay in .hypothesis/ and are tried first by the next run.
settings.register_profile(
    "fuzz",
    max_examples=1_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("test")


def examples(share: float, *suppressed: HealthCheck) -> settings:
    """The profile's settings with this share of its examples, and with these health checks suppressed as well."""
    profile = settings()
    return settings(
        max_examples=max(1, round(profile.max_examples * share)),
        suppress_health_check=[*profile.suppress_health_check, *suppressed],
    )
