"""What the supervisor records about its servers and secrets, so that `manage.py` in another shell finds them."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FILE_NAME = "environment"
SECRETS = ("SECRET_KEY", "READER_KEY", "METRICS_TOKEN")


# Each may be in a file instead, which NAME_FILE names: docs/operations.md, "Secrets".
SECRET_SETTINGS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "READER_KEY",
    "READER_KEY_PREVIOUS",
    "API_KEY_HASH_KEY",
    "METRICS_TOKEN",
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "EMAIL_URL",
    "EMAIL_PASSWORD",
    "ALERT_URLS",
)


def with_secret_files(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the contents of the files that NAME_FILE names. Raises ValueError, without any content."""
    found = dict(environment)
    for name in SECRET_SETTINGS:
        path = found.pop(f"{name}_FILE", "")
        if not path:
            continue
        if found.get(name):
            raise ValueError(f"{name} and {name}_FILE are both set: unset one of them.")
        try:
            found[name] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise ValueError(f"{name}_FILE cannot be read ({path}): {reason}.") from None
        if not found[name]:
            raise ValueError(f"{name}_FILE is empty ({path}).")
    return found


def recorded_environment(data: Path) -> dict[str, str]:
    """Read `<data>/environment`; empty where there is none."""
    try:
        text = (data / FILE_NAME).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    lines = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, equals, value in lines if equals}


def record_environment(data: Path, values: Mapping[str, str]) -> None:
    """Replace the record in one step, readable by its owner alone."""
    draft = data / f"{FILE_NAME}.new"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Written by `make run`. The real environment overrides it.\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        # Losing READER_KEY to a power cut would orphan every reader.
        file.flush()
        os.fsync(file.fileno())
    draft.replace(data / FILE_NAME)


def load_or_create_secrets(recorded: Mapping[str, str]) -> dict[str, str]:
    """The recorded secrets; each that is missing is made once, independently of the others."""
    return {name: recorded.get(name) or secrets.token_urlsafe(48) for name in SECRETS}


def broker_url_of(redis_url: str) -> str:
    """A Redis URL as Celery writes it, which has another scheme for a unix socket."""
    url = urlsplit(redis_url)
    if url.scheme != "unix":
        return redis_url
    login = f"{url.netloc.rpartition('@')[0]}@" if "@" in url.netloc else ""
    database = parse_qs(url.query).get("db", ["0"])[0]
    query = f"?virtual_host={database}" if database != "0" else ""
    return f"redis+socket://{login}{url.path}{query}"
