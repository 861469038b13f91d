"""Every setting, in one file. The environment is read at the top; what it may say is in docs/operations.md."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from newsroom.desk_menu import desk
from newsroom.stack.environment import broker_url_of, recorded_environment
from reactions.moderation.rules import RULES

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("NEWSROOM_DATA", BASE_DIR / ".data")).absolute()

# What `make run` wrote about its own servers and secrets; the real environment wins.
_environment = {**recorded_environment(DATA), **os.environ}


def text(name: str, default: str = "") -> str:
    return _environment.get(name, default)


def required(name: str) -> str:
    if value := text(name):
        return value
    raise ImproperlyConfigured(f"{name} is not set: start `make run` once, or set it yourself.")


def number(name: str, default: int) -> int:
    try:
        return int(text(name, str(default)))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a whole number: {text(name)!r}.") from None


def flag(name: str) -> bool:
    return text(name).lower() in {"1", "true", "yes", "on"}


def words(name: str) -> list[str]:
    return text(name).replace(",", " ").split()


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

# Where readers find the site: decides links, allowed hosts, and whether cookies demand HTTPS.
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

INSTALLED_APPS = [
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
    "newsroom",
    "newsroom.stack",
    "articles",
    "reactions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# One pool a process, small: past a few connections a core PostgreSQL gets slower, not faster
# (docs/decisions/0002-one-dialect.md). The threshold prepares our own statements at their first use.
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(required("DATABASE_URL"))}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 3,
    "prepare_threshold": 0,
    "pool": {"min_size": 0, "max_size": number("DATABASE_POOL", 8), "timeout": 3},
}

REDIS_URL = required("REDIS_URL")

CELERY_BROKER_URL = text("CELERY_BROKER_URL") or broker_url_of(REDIS_URL)

# Pages as each process last sent them: articles/prepared.py. Fifty kilobytes each.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
# Pictures: every web process and worker needs the same folder. Names carry the content's hash.
MEDIA_URL = "media/"
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(DATA / "media"))).absolute()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "pictures": {"BACKEND": "articles.storage.WholeFiles"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["articles.json_body.JSONBodyParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "articles.json_body.JSONNegotiation",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "newsroom.problems.problem_response",
}
# Bytes. The longest honest body is the desk's form of an article: 100 kB of text, three times that in a
# form's escapes, and twice, as it was and as it is. The API's own limits are lower.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SPECTACULAR_SETTINGS = {
    "TITLE": "Newsroom",
    "DESCRIPTION": "Articles with their dateline, and what readers feel about them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "readerCookie": {"type": "apiKey", "in": "cookie", "name": "reader"},
            "readerToken": {
                "type": "http",
                "scheme": "Reader",
                "description": "`Authorization: Reader <token>`, the token from `POST readers/`.",
            },
        }
    },
    "POSTPROCESSING_HOOKS": ["newsroom.problems.describe_problems"],
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# A message is only a hint that there may be something to fold: losing one, or having two, harms nothing.
# So no results, no long visibility, no retries by the broker, and ticks that nobody took expire.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
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

# What waits for other people's servers, or reads the whole ledger, has a queue and a worker of its own,
# so that counting never stands behind it.
CELERY_TASK_ROUTES = {
    name: {"queue": "slow"}
    for name in (
        "articles.poll_feeds",
        "articles.ping_hub",
        "articles.prepare_pictures",
        "articles.delete_unused_files",
        "reactions.counting.reconcile",
    )
}

AGGREGATION_INTERVAL = timedelta(milliseconds=250)
# Whoever takes a tick compares its expiry with a clock of its own. Ten minutes: clocks that differ by less make
# no worker throw every tick away, and what waited for a worker is gone through in seconds, as one tick does it all.
_TICK = {"expires": 600}  # seconds
CELERY_BEAT_SCHEDULE = {
    # A reaction is public within a second: a quarter of it is spent here, the rest is room.
    "aggregate": {
        "task": "reactions.counting.aggregate",
        "schedule": AGGREGATION_INTERVAL,
        "options": _TICK,
    },
    # Scheduled and embargoed articles go out within two seconds of their time; expired ones go.
    "publish due": {
        "task": "articles.publish_due",
        "schedule": timedelta(seconds=1),
        "options": _TICK,
    },
    # A preset has changed: its articles are told anew. There is rarely one.
    "renew stories": {
        "task": "reactions.refresh_articles",
        "schedule": timedelta(seconds=1),
        "options": _TICK,
    },
    # Each feed has its own interval; this is how often somebody looks which are due.
    "poll feeds": {
        "task": "articles.poll_feeds",
        "schedule": timedelta(minutes=1),
        "options": _TICK,
    },
    # The hash of a network lives for two days at the most.
    "forget networks": {"task": "reactions.purge_networks", "schedule": timedelta(hours=1)},
    # Pictures are fetched and rendered when they come in; this finds those of which nobody was told.
    "prepare pictures": {
        "task": "articles.prepare_pictures",
        "schedule": timedelta(minutes=1),
        "options": _TICK,
    },
    # Files that no picture names any more.
    "forget files": {
        "task": "articles.delete_unused_files",
        "schedule": crontab(hour="4", minute="20"),
    },
    # An Idempotency-Key is remembered for a day.
    "forget answers": {
        "task": "articles.purge_answers",
        "schedule": crontab(hour="4", minute="10"),
    },
    # Drift should always be nothing; once a day somebody looks. In the small hours, when few read.
    "reconcile": {
        "task": "reactions.counting.reconcile",
        "schedule": crontab(hour="3", minute="40"),
    },
}

# How many reactions one reader may have on one article. More than one stand side by side.
REACTIONS_PER_READER = number("REACTIONS_PER_READER", 1)
# The limits of the moderation rules, by their settings; reactions/moderation/rules.py declares them.
REACTIONS_LIMITS = {
    rule.limit.setting: number(rule.limit.setting, rule.limit.default) for rule in RULES
}
# How many proxies of ours a request comes through: as many entries at the right end of X-Forwarded-For
# are believed. None, unless it is said.
TRUSTED_PROXY_HOPS = number("TRUSTED_PROXY_HOPS", 0)
# A file with the site's own reactions (reactions/kinds.py); empty: the seven.
REACTIONS_KINDS = text("REACTIONS_KINDS")
# Days after which an article closes where neither it nor a preset says otherwise; 0: never.
REACTIONS_CLOSE_AFTER_DAYS = number("REACTIONS_CLOSE_AFTER_DAYS", 0)
# Keys the hash under which a reader is stored. Losing it orphans every reader; SECRET_KEY may be rotated without it.
READER_KEY = required("READER_KEY")
READER_COOKIE = "__Host-reader" if HTTPS else "reader"
READER_LIFETIME = timedelta(days=395)  # 13 months, the longest that CNIL exempts; never renewed

# The hub that the feeds' subscribers listen to (WebSub), and the contact that security.txt names.
WEBSUB_HUB = text("WEBSUB_HUB")
SECURITY_CONTACT = text("SECURITY_CONTACT")

# Who may read /metrics: whoever has this token; without one, nobody but a program on this machine.
METRICS_TOKEN = text("METRICS_TOKEN")

LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 12  # seconds: one long shift
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A tick four times a second is not news.
    "loggers": {
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

UNFOLD = desk(SITE_NAME)
