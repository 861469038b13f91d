"""The app of the project: compiles the catalogues of texts, and sets up Celery once Django is ready."""

import logging
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out

from newsroom.catalogues import compile_catalogues

logger = logging.getLogger(__name__)


class NewsroomConfig(AppConfig):
    name = "newsroom"

    def ready(self) -> None:
        from newsroom import checks  # noqa: F401  # registers them
        from newsroom.celery import app  # which needs the settings
        from newsroom.sign_in.sessions import begin_session, note_end

        user_logged_in.connect(begin_session, dispatch_uid="newsroom.begin_session")
        user_logged_out.connect(note_end, dispatch_uid="newsroom.note_end")

        # For all threads: a task that a web thread sends would otherwise go to a default broker that does not exist.
        app.set_default()
        make_texts(*settings.LOCALE_PATHS)


def make_texts(folder: Path) -> None:
    """Compile the catalogues where no process of this release has done it; an installation may prepare them, read-only."""
    try:
        compile_catalogues(folder)
    except OSError as error:
        logger.warning("Pages are in English, because %s cannot be written: %s", folder, error)
