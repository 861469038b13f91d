"""newsroom.wsgi with the empty view: the same settings, middleware and server."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
settings.ROOT_URLCONF = "tests.bench.empty_template.urls"
settings.TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(Path(__file__).parent / "templates")],
    }
]

application = get_wsgi_application()
