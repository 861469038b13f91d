"""The HTTP API and the pages, for a WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
os.environ.setdefault("NEWSROOM_PROCESS", "web")

from newsroom.bodies import with_whole_bodies

django = with_whole_bodies(get_wsgi_application(), behind_front=settings.BEHIND_FRONT)

from newsroom.counter_store import start_flushing  # noqa: E402  # once Django is set up
from newsroom.production import refuse_dangers  # noqa: E402
from reactions.http.fast_path import FastPath  # noqa: E402

refuse_dangers()
start_flushing()
application = FastPath(django)
