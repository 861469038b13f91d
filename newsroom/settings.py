"""Every setting, read from the environment. docs/operations.md lists the variables."""

import os
import sys
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from newsroom.catalogues import compiled_folder
from newsroom.desk_menu import desk
from newsroom.languages import SITE_LANGUAGES
from newsroom.mail import mail_server_of
from newsroom.postgresql.options import connection_options
from newsroom.stack.environment import (
    broker_url_of,
    recorded_environment,
    with_secret_files,
)
from reactions.moderation.rules import RULES

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("NEWSROOM_DATA", BASE_DIR / ".data")).absolute()

# What `make run` recorded about its own servers and secrets; the real environment overrides it.
try:
    _environment = {**recorded_environment(DATA), **with_secret_files(os.environ)}
except ValueError as _error:
    raise ImproperlyConfigured(str(_error)) from None


def text(name: str, default: str = "") -> str:
    return _environment.get(name, default)


def required(name: str) -> str:
    if value := text(name):
        return value
    raise ImproperlyConfigured(
        f"{name} is not set: start `make run` once, or set it yourself, or {name}_FILE."
    )


def number(name: str, default: int) -> int:
    try:
        return int(text(name, str(default)))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a whole number: {text(name)!r}.") from None


def flag(name: str, *, default: bool = False) -> bool:
    return text(name, "on" if default else "").lower() in {"1", "true", "yes", "on"}


def time_zone(name: str, default: str) -> str:
    zone = text(name) or default
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"{name} is no time zone such as Europe/Oslo: {zone!r}."
        ) from None
    return zone


def words(name: str) -> list[str]:
    return text(name).replace(",", " ").split()


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(each) for each in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has what is no network: {error}.") from None


def test_hosts(name: str, site_url: str) -> list[str]:
    """Addresses of this machine with their ports; refused for a site that readers reach from others."""
    loopback = ("localhost", "127.0.0.1", "[::1]")
    hosts = [each.lower() for each in words(name)]
    for each in hosts:
        host, _, port = each.rpartition(":")
        if host not in loopback or not port.isdigit():
            raise ImproperlyConfigured(f"{name} has what is no host:port of loopback: {each}.")
    if hosts and (urlsplit(site_url).hostname or "") not in {"localhost", "127.0.0.1", "::1"}:
        raise ImproperlyConfigured(f"{name} is for tests: unset it for a site at {site_url}.")
    return hosts


# Settings of earlier releases, and what each is called today.
_RENAMED = {
    "REACTIONS_PER_NETWORK_STORY": "REACTIONS_PER_NETWORK_ARTICLE",
    "REACTIONS_UNREAD_PER_HOUR": "REACTIONS_WITHOUT_PAGE_PER_HOUR",
}
for _old, _new in _RENAMED.items():
    if _old in _environment:
        raise ImproperlyConfigured(f"{_old} is called {_new} since release 0.2.0: rename it.")

DEBUG = flag("DEBUG")
SECRET_KEY = required("SECRET_KEY")
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")

# The public address of the site: decides links, allowed hosts, and whether cookies require HTTPS.
SITE_URL = text("SITE_URL", f"http://127.0.0.1:{number('PORT', 8000)}").rstrip("/")
SITE_NAME = text("SITE_NAME", "Newsroom")
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = [
    urlsplit(SITE_URL).hostname or "",
    "localhost",
    "127.0.0.1",
    "[::1]",
    *words("ALLOWED_HOSTS"),
]

# A proxy that ends TLS may send a Host of its own; browsers name the public address as the origin of a form.
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(SITE_URL))]

INSTALLED_APPS = [
    "newsroom",  # before the app whose commands it replaces
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "newsroom.stack",
    "articles",
    "reactions",
]

MIDDLEWARE = [
    "newsroom.request_ids.named",
    "newsroom.request_counters.counted",
    "newsroom.security_headers.with_security_headers",
    "reactions.http.cors.cross_origin",
    "newsroom.languages.in_site_language",
    "newsroom.proxies.behind_proxies",
    "newsroom.problems.DatabaseFailures",
    "newsroom.acting.as_caller",
    "reactions.http.rate_limiting.limited",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "newsroom.slashes.CommonOfPages",
    "django.middleware.csrf.CsrfViewMiddleware",
    "newsroom.shared_answers.without_cookies",
    "newsroom.sign_in.sessions.SignedIn",
    "newsroom.accounts.in_own_account",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", ["newsroom.templates.Loader"]),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The kind of this process: web, worker, live or command. newsroom/wsgi.py, celery.py and live.py set it.
PROCESS = text("NEWSROOM_PROCESS", "command")
# PgBouncer or the like between here and PostgreSQL: session or transaction, as its pool_mode; empty: none.
DATABASE_POOLER = text("DATABASE_POOLER")
# One small pool a process: past a few connections a core PostgreSQL gets slower, not faster
# (docs/decisions/0002-one-dialect.md).
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(required("DATABASE_URL"), engine="newsroom.postgresql")
}
DATABASES["default"]["OPTIONS"] = connection_options(
    PROCESS, DATABASE_POOLER, number, of_url=DATABASES["default"].get("OPTIONS")
)
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = DATABASE_POOLER == "transaction"

REDIS_URL = required("REDIS_URL")

CELERY_BROKER_URL = text("CELERY_BROKER_URL") or broker_url_of(REDIS_URL)

# The page cache of each process: articles/pages/page_cache.py. Fifty kilobytes a page.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}

# Of the desk and the API. Pages for readers are in SITE_LANGUAGE (newsroom/languages.py).
LANGUAGE_CODE = "en-gb"
# Those that a user may choose for the desk: Django's and Unfold's own texts, dates and numbers.
DESK_LANGUAGES = SITE_LANGUAGES
SITE_LANGUAGE = text("SITE_LANGUAGE", "en").lower()
LOCALE_PATHS = [compiled_folder(DATA)]
if SITE_LANGUAGE not in SITE_LANGUAGES:
    raise ImproperlyConfigured(
        f"SITE_LANGUAGE is none of {', '.join(SITE_LANGUAGES)}: {SITE_LANGUAGE!r}."
    )
TIME_ZONE = time_zone("TIME_ZONE", "UTC")
USE_I18N = True
FORMAT_MODULE_PATH = ["newsroom.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
# Pictures: every web process and worker needs the same folder. Names carry the content's hash.
MEDIA_URL = "media/"
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(DATA / "media"))).absolute()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "pictures": {"BACKEND": "articles.storage.AtomicFileStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["articles.json_body.JSONBodyParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "articles.json_body.JSONNegotiation",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "newsroom.openapi.Schema",
    "EXCEPTION_HANDLER": "newsroom.problems.problem_response",
}
# Bytes. The longest valid body is the desk's form of an article: 100 kB of text, three times that in a form's
# escapes, and twice, as it was and as it is. The API's own limits are lower.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SPECTACULAR_SETTINGS = {
    "TITLE": "Newsroom",
    "DESCRIPTION": "Publishes articles, records the reactions of their readers, and shows editors and API clients the counts.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "The installation that serves this document."}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "nr_<prefix>_<secret>",
                "description": "`Authorization: Bearer <key>`, a key from the desk or from `manage.py issue_key`.",
            },
            "cookieAuth": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "The session of a user of the desk. Over https its name is `__Host-sessionid`.",
            },
            "readerCookie": {
                "type": "apiKey",
                "in": "cookie",
                "name": "reader",
                "description": "The cookie that `POST readers/` sets in a browser on this site. Over https its name is `__Host-reader`.",
            },
            "readerToken": {
                "type": "http",
                "scheme": "Reader",
                "description": "`Authorization: Reader <token>`, the token from `POST readers/`.",
            },
        }
    },
    "POSTPROCESSING_HOOKS": [
        "newsroom.problems.describe_problems",
        "newsroom.openapi.complete",
    ],
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# A message only says that there may be work: losing one, or having two, is harmless. So no results, no retries by the
# broker, and scheduled messages that no worker received expire. A message is acknowledged before its task runs: one
# that waits for its acknowledgement holds a prefetch slot, and longer than the visibility timeout (reconcile takes up
# to an hour) it would be delivered again. A task whose message must not be lost sets `acks_late` itself.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 60  # seconds
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 300, "socket_timeout": 10, "socket_connect_timeout": 3}
    if "redis" in CELERY_BROKER_URL
    else {}
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1  # seconds

# Tasks that wait for other servers, or read the whole ledger, have a queue and a worker of their own, so that
# aggregation never waits for them.
CELERY_TASK_ROUTES = {
    name: {"queue": "slow"}
    for name in (
        "articles.poll_feeds",
        "articles.ping_hub",
        "articles.prepare_pictures",
        "articles.verify_sightings",
        "articles.delete_unused_files",
        "reactions.reconcile",
        "reactions.refresh_pace",
        "reactions.sum_buckets",
        "reactions.copy_views",
        "reactions.raise_alerts",
        "reactions.make_reports",
        "reactions.send_messages",
        "reactions.delete_old_reports",
        "reactions.forget_tombstones",
        "newsroom.mail_new_browser",
    )
}

# A reaction is public within a second: a quarter of it is spent here, the rest is reserve.
AGGREGATION_INTERVAL = timedelta(milliseconds=250)
# A worker that has not aggregated for so long while entries wait ends, to be restarted; 0: it never does. A batch takes
# a second, a new worker five until it aggregates.
WORKER_STALLED_SECONDS = number("WORKER_STALLED_SECONDS", 30)
# A file that such a worker touches every second as long as it need not be restarted; empty: none.
WORKER_ALIVE_FILE = text("WORKER_ALIVE_FILE")
# The components without which `/readyz` is 503.
READYZ_COMPONENTS = words("READYZ_COMPONENTS") or ["postgresql", "aggregation"]
if _unknown := {*READYZ_COMPONENTS} - {"postgresql", "redis", "broker", "aggregation", "live"}:
    raise ImproperlyConfigured(f"READYZ_COMPONENTS has unknown names: {', '.join(_unknown)}.")
# A worker compares the expiry of a message with its own clock. Ten minutes: a smaller difference of clocks makes no
# worker drop every message; and after a pause one run does all the work, so the others end at once.
_EXPIRES = {"expires": 600}  # seconds
CELERY_BEAT_SCHEDULE = {
    # Counts what readers did, publishes articles within two seconds of their time, refreshes cached counts.
    "every second": {
        "task": "newsroom.every_second",
        "schedule": timedelta(seconds=1),
        "options": _EXPIRES,
    },
    # Each feed has its own interval; this polls those that are due.
    "poll feeds": {
        "task": "articles.poll_feeds",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    # The hash of a network is stored for two days at most. By the clock, and twice an hour: an interval begins again
    # with each start of beat, and a beat that restarts every hour would never send it.
    "purge networks": {"task": "reactions.purge_networks", "schedule": crontab(minute="7,37")},
    # Pictures are fetched and rendered when they come in; this finds those whose message was lost.
    "prepare pictures": {
        "task": "articles.prepare_pictures",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    # Pages of sites are verified when they are first seen; this finds those whose message was lost.
    "verify sightings": {
        "task": "articles.verify_sightings",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    # The figures of sections and of long windows are read from what this adds up.
    "sum buckets": {
        "task": "reactions.sum_buckets",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    # Views are in Redis until this copies them.
    "copy views": {
        "task": "reactions.copy_views",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    # How fast articles usually gather reactions: rebuilt where it is an hour old.
    "refresh pace": {
        "task": "reactions.refresh_pace",
        "schedule": timedelta(minutes=10),
        "options": _EXPIRES,
    },
    "raise alerts": {
        "task": "reactions.raise_alerts",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    # At seven in the zone of each user; this finds whose seven it is.
    "make reports": {
        "task": "reactions.make_reports",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    "delete old reports": {
        "task": "reactions.delete_old_reports",
        "schedule": crontab(hour="4", minute="40"),
    },
    "forget tombstones": {
        "task": "reactions.forget_tombstones",
        "schedule": crontab(hour="4", minute="50"),
    },
    "send messages": {
        "task": "reactions.send_messages",
        "schedule": timedelta(minutes=1),
        "options": _EXPIRES,
    },
    "purge sightings": {
        "task": "articles.purge_sightings",
        "schedule": crontab(hour="4", minute="30"),
    },
    # Files that no picture uses.
    "delete unused files": {
        "task": "articles.delete_unused_files",
        "schedule": crontab(hour="4", minute="20"),
    },
    # The answer to an Idempotency-Key is stored for a day.
    "purge answers": {
        "task": "articles.purge_answers",
        "schedule": crontab(hour="4", minute="10"),
    },
    "purge sessions": {
        "task": "newsroom.purge_sessions",
        "schedule": crontab(hour="4", minute="15"),
    },
    "purge audit log": {
        "task": "articles.purge_audit_log",
        "schedule": crontab(hour="4", minute="25"),
    },
    # Not at the upgrade: processes of the release before, which run beside the new ones, read plain secrets alone.
    "seal secrets": {
        "task": "articles.seal_secrets",
        "schedule": crontab(hour="4", minute="35"),
    },
    # Drift should always be 0; this measures it once a day, at night, when few read.
    "reconcile": {
        "task": "reactions.reconcile",
        "schedule": crontab(hour="3", minute="40"),
    },
}

# How many reactions one reader may have on one article.
REACTIONS_PER_READER = number("REACTIONS_PER_READER", 1)
# How many reactions that wait at one moment one commit sets (reactions/group_commit.py); 1: each has its own. Less than
# the threads of a web process (Procfile): while nothing can be committed, so many threads wait, and pages have the others.
REACTIONS_PER_COMMIT = number("REACTIONS_PER_COMMIT", 16)
# The limits of the moderation rules, by their settings; reactions/moderation/rules.py declares them.
REACTIONS_LIMITS = {
    rule.limit.setting: number(rule.limit.setting, rule.limit.default) for rule in RULES
}
# On its socket only the front reaches web. It is not one of the operator's proxies, and they do not count it.
BEHIND_FRONT = bool(text("WEB_SOCKET"))
# The number of trusted proxies in front: as many entries at the right end of X-Forwarded-For are trusted.
TRUSTED_PROXY_HOPS = number("TRUSTED_PROXY_HOPS", 0) + BEHIND_FRONT
# From one network (reactions/moderation/rate_limits.py): so many an hour, and so many at once. A lecture hall of 300
# reacts to one story. 0: no limit.
NEW_READERS_PER_NETWORK_HOUR = number("NEW_READERS_PER_NETWORK_HOUR", 600)
NEW_READERS_PER_NETWORK_AT_ONCE = number("NEW_READERS_PER_NETWORK_AT_ONCE", 300)
# Pages of sites seen for the first time: a reader opens some an hour, an office more. Each is fetched once.
SIGHTINGS_PER_NETWORK_HOUR = number("SIGHTINGS_PER_NETWORK_HOUR", 120)
SIGHTINGS_PER_NETWORK_AT_ONCE = number("SIGHTINGS_PER_NETWORK_AT_ONCE", 60)
SIGHTINGS_PER_SITE_HOUR = number("SIGHTINGS_PER_SITE_HOUR", 2_000)
# Whether page and widget report views, and the desk shows them.
REACTIONS_COUNT_VIEWS = flag("REACTIONS_COUNT_VIEWS", default=True)
# A network may be a mobile carrier's, with thousands of readers. What is more is not counted.
VIEWS_PER_NETWORK_HOUR = number("VIEWS_PER_NETWORK_HOUR", 36_000)
VIEWS_PER_NETWORK_AT_ONCE = number("VIEWS_PER_NETWORK_AT_ONCE", 1_000)
# Networks besides the public ones from which pages of sites are fetched, such as 10.0.0.0/8: sites of an intranet.
FETCH_NETWORKS = networks("FETCH_NETWORKS")
# Feeds on this machine that are polled all the same, each as host:port, to try imports. Not where readers come in.
FEED_TEST_HOSTS = test_hosts("FEED_TEST_HOSTS", SITE_URL)
WRONG_KEYS_PER_NETWORK_HOUR = number("WRONG_KEYS_PER_NETWORK_HOUR", 600)
WRONG_KEYS_PER_NETWORK_AT_ONCE = number("WRONG_KEYS_PER_NETWORK_AT_ONCE", 300)
# Calls of the API (reactions/http/rate_limiting.py), so many at once and so many a minute; 0: no limit. Of a key, and of
# a network that sends none: a site that renders its pages from this API reads some a second.
KEY_READS_PER_MINUTE = number("KEY_READS_PER_MINUTE", 3_000)
KEY_WRITES_PER_MINUTE = number("KEY_WRITES_PER_MINUTE", 600)
CALLS_PER_NETWORK_MINUTE = number("CALLS_PER_NETWORK_MINUTE", 3_000)
# The live process (newsroom/live.py), which the front reaches by its socket and others by its port.
LIVE_PORT = number("LIVE_PORT", number("PORT", 8000) + 1)
LIVE_HOST = text("LIVE_HOST", "127.0.0.1")
LIVE_SOCKET = text("LIVE_SOCKET")
# Open streams of one process, at 15 KiB each; and of one network. A campus behind one address reads the same story.
LIVE_LISTENERS = number("LIVE_LISTENERS", 15_000)
LIVE_PER_NETWORK = number("LIVE_PER_NETWORK", 1_000)
# Programs on this machine are one network only where the limit was set: a proxy that names no client is one of them.
LIVE_COUNTS_LOOPBACK = bool(text("LIVE_PER_NETWORK"))
# A stream ends after so long, give or take a fifth, and the browser comes again: what a proxy keeps open for a browser
# that is gone ends as well.
LIVE_LEASE_SECONDS = number("LIVE_LEASE_SECONDS", 600)
# The widget takes a stream without a byte for twice as long for mute. Proxies end what is silent for 30 or 60 seconds.
LIVE_HEARTBEAT_SECONDS = number("LIVE_HEARTBEAT_SECONDS", 15)
# Over so many seconds a process that is stopped ends its streams, each at another moment.
LIVE_DRAIN_SECONDS = number("LIVE_DRAIN_SECONDS", 10)
# A file with the site's own reactions (reactions/kinds.py); empty: the seven.
REACTIONS_KINDS = text("REACTIONS_KINDS")
# Days after which an article closes where neither its own nor a default policy sets it; 0: never.
REACTIONS_CLOSE_AFTER_DAYS = number("REACTIONS_CLOSE_AFTER_DAYS", 0)
# The kinds by which the desk shows what made readers glad, angry or sad (reactions/kinds.py); empty: the usual ones.
REACTIONS_MOODS = {mood: words(f"REACTIONS_{mood.upper()}") for mood in ("glad", "angry", "sad")}
# The kinds whose most reacted stories of the week are public (reactions/stats/public_rankings.py); empty: none.
REACTIONS_PUBLIC_RANKINGS = words("REACTIONS_PUBLIC_RANKINGS")
# Whether /openheart/ speaks the Open Heart Protocol (reactions/http/open_heart.py).
OPEN_HEART = flag("OPEN_HEART")
# The key of the hash under which a reader is stored. Losing it orphans every reader; SECRET_KEY may be rotated alone.
READER_KEY = required("READER_KEY")
# Those that it had before, the newest first: readers who came by then stay the same (docs/decisions/0056-reader-key.md).
READER_KEY_PREVIOUS = words("READER_KEY_PREVIOUS")
# The key of the hash under which an API key is stored, and those of before. A key is hashed again at its next use.
API_KEY_HASH_KEY = text("API_KEY_HASH_KEY") or READER_KEY
API_KEY_HASH_KEY_PREVIOUS = [
    key for key in (READER_KEY, *READER_KEY_PREVIOUS) if key != API_KEY_HASH_KEY
]
READER_COOKIE = "__Host-reader" if HTTPS else "reader"
# Also read, and replaced by the first: a site that moves to https keeps its readers.
READER_COOKIES = list(dict.fromkeys([READER_COOKIE, "reader"]))
READER_LIFETIME = timedelta(days=395)  # 13 months, the longest that CNIL exempts; never renewed

# The WebSub hub of the feeds, and the contact in security.txt.
WEBSUB_HUB = text("WEBSUB_HUB")
SECURITY_CONTACT = text("SECURITY_CONTACT")

# The mail server, and the sender of our mails: alerts and reports. None: they are shown at the desk alone.
MAIL_SERVER = mail_server_of(text, number, flag)
MAIL_FROM = text("MAIL_FROM")
if MAIL_SERVER and not MAIL_FROM:
    raise ImproperlyConfigured("MAIL_FROM is not set: the address that mails come from.")
# Where alerts go besides: URLs of apprise, parted by white space. They have secrets.
ALERT_URLS = text("ALERT_URLS").split()

# The bearer token of /metrics; without one no client may read it.
METRICS_TOKEN = text("METRICS_TOKEN")

# The first hashes a new password; the others are read, and replaced by the first when their user signs in.
PASSWORD_HASHERS = [
    "newsroom.sign_in.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
# Wrong passwords and codes (newsroom/sign_in/throttle.py): so many at once, and so many an hour; 0: no limit. Of one
# account, from browsers that have not signed in to it before; and from one network, such as that of an office.
SIGN_INS_PER_ACCOUNT_HOUR = number("SIGN_INS_PER_ACCOUNT_HOUR", 20)
SIGN_INS_PER_ACCOUNT_AT_ONCE = number("SIGN_INS_PER_ACCOUNT_AT_ONCE", 10)
SIGN_INS_PER_NETWORK_HOUR = number("SIGN_INS_PER_NETWORK_HOUR", 120)
SIGN_INS_PER_NETWORK_AT_ONCE = number("SIGN_INS_PER_NETWORK_AT_ONCE", 60)
# Who signs in with a code of an authenticator app besides the password: nobody, publishers (and administrators), or
# everyone. Others may. A site at an https address is public; an installation on a laptop has none to protect.
SECOND_FACTOR_REQUIRED = text("SECOND_FACTOR_REQUIRED") or ("publishers" if HTTPS else "nobody")
if SECOND_FACTOR_REQUIRED not in {"nobody", "publishers", "everyone"}:
    raise ImproperlyConfigured(
        "SECOND_FACTOR_REQUIRED is none of nobody, publishers, everyone:"
        f" {SECOND_FACTOR_REQUIRED!r}."
    )
# Days for which the audit log is kept; 0: for good.
AUDIT_LOG_DAYS = number("AUDIT_LOG_DAYS", 730)
# A session of the desk ends so long after its last request, and so long after the sign-in.
SESSION_IDLE = timedelta(hours=number("SESSION_IDLE_HOURS", 12))  # one long shift
SESSION_LIFETIME = timedelta(hours=number("SESSION_HOURS", 24 * 7))

LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
# newsroom/security_headers.py sets the headers that are not named here.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # no other host of the domain can set these
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_AGE = int(SESSION_IDLE.total_seconds())
SESSION_COOKIE_HTTPONLY = True
# Strict would show the sign-in page to a user who follows a link of a mail.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# A public address over plain HTTP is refused at the start (newsroom/production.py), except where this is set.
INSECURE_HTTP = flag("INSECURE_HTTP")
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # subdomains of the site need not be ours
    "security.W008",  # the proxy that ends TLS redirects
    "security.W021",  # as W005
]

# text for a person at a terminal, json for what collects logs.
LOG_FORMAT = text("LOG_FORMAT") or ("text" if sys.stderr.isatty() else "json")
if LOG_FORMAT not in {"text", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT is text or json, not {LOG_FORMAT!r}.")
DEFAULT_EXCEPTION_REPORTER = "newsroom.error_reports.RedactingReporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "newsroom.log_format.TextFormatter",
            "fmt": "%(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "newsroom.log_format.JsonFormatter"},
    },
    "filters": {
        "no traceback": {"()": "newsroom.log_filters.NoTraceback"},
        "no probes": {"()": "newsroom.log_filters.NoProbes"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "one line": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["no traceback"],
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # A request that is refused is its client's mistake, and an attack may send thousands a second: no line for 4xx,
        # and one for an unknown Host, which may be missing in ALLOWED_HOSTS.
        "django.request": {"level": "ERROR", "filters": ["no probes"]},
        "django.security": {"handlers": ["one line"], "propagate": False},
        # A task every second would fill the log.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # Its lines may have parts of the URLs in ALERT_URLS. We log what failed ourselves.
        "apprise": {"level": "CRITICAL", "propagate": False},
    },
}

# What an authenticator app shows beside the name of the account.
OTP_TOTP_ISSUER = SITE_NAME

UNFOLD = desk(SITE_NAME)
