"""What a site on a public address must not run with: its processes refuse to start, and say what to set.

`manage.py check --deploy` reports the same; newsroom/checks.py adds what only a running installation shows.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import Error as DatabaseError
from django.db import connection

from reactions.checks import check_counted_kinds

# Characters. 128 bits as text have 22; `make run` makes 64, and openssl rand -base64 32 has 44.
_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 5
# Passwords with which servers and examples come. A user's own name is one, too.
COMMON_PASSWORDS = (
    "",
    "admin",
    "changeme",
    "editor",
    "guest",
    "newsroom",
    "password",
    "postgres",
    "redis",
    "secret",
)
# Names that no one on the Internet reaches.
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".test", ".example", ".invalid", ".lan")


def is_public() -> bool:
    """Whether SITE_URL is an address of the Internet, and no private one."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_LOCAL_ENDINGS)


def list_dangers() -> list[CheckMessage]:
    """What is dangerous on a public address; nothing elsewhere. Reads settings alone."""
    return list(_dangers()) if is_public() else []


def refuse_dangers() -> None:
    """End this process, with a message for its operator, where there is one. It runs without PostgreSQL, too."""
    if found := list_dangers() or _changed_kinds():
        lines = [f"{each.msg} {each.hint or ''}".strip() for each in found]
        raise SystemExit("\n".join(["Newsroom does not start:", *(f"- {line}" for line in lines)]))


def _changed_kinds() -> list[CheckMessage]:
    """Kinds that the counts know otherwise; none where PostgreSQL cannot be asked."""
    try:
        return check_counted_kinds(databases=["default"])
    except DatabaseError:
        return []
    finally:
        # A worker forks its pool's processes after this, which must not share the connection.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of the backend for PostgreSQL


def _dangers() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield _error("E010", "DEBUG is on: errors show code and secrets to anyone.", "Unset DEBUG.")
    for name in ("SECRET_KEY", "READER_KEY", "METRICS_TOKEN"):
        value = getattr(settings, name)
        if (value or name != "METRICS_TOKEN") and not _is_strong(value):
            yield _error(
                "E011",
                f"{name} can be guessed.",
                f"Set it to what `openssl rand -base64 48` prints{_KEEPS.get(name, '')}.",
            )
    if not settings.HTTPS and not settings.INSECURE_HTTP:
        yield _error(
            "E012",
            f"SITE_URL is {settings.SITE_URL}: sessions and passwords are sent in the clear.",
            "Set it to the https:// address, or INSECURE_HTTP=1 where the network is closed.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield _error("E013", "ALLOWED_HOSTS has *.", "Name the hosts of the site.")
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        if _has_common_password(*_login_of(name)):
            yield _error("E014", f"The password in {name} is a common one.", "Choose another.")


_KEEPS = {
    "SECRET_KEY": ", and move the old one to SECRET_KEY_FALLBACKS",
    "READER_KEY": ", and move the old one to READER_KEY_PREVIOUS, so that readers stay the same",
}


def _is_strong(secret: str) -> bool:
    return len(secret) >= _SHORTEST_SECRET and len({*secret}) >= _FEWEST_CHARACTERS


def _login_of(name: str) -> tuple[str, str | None]:
    """User and password by which a server is reached; no password for one that asks for none, as at a socket."""
    if name == "DATABASE_URL":
        of_database = settings.DATABASES["default"]
        return of_database["USER"], of_database["PASSWORD"] or None
    url = urlsplit(getattr(settings, name))
    return url.username or "", None if url.password is None else unquote(url.password)


def _has_common_password(user: str, password: str | None) -> bool:
    return password is not None and password.lower() in {*COMMON_PASSWORDS, user.lower()}


def _error(number: str, says: str, hint: str) -> CheckMessage:
    return Error(says, hint=hint, id=f"newsroom.{number}")
