"""Compiles the catalogues of texts for readers, newsroom/locale/*.po, to what gettext reads, without GNU gettext."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from django.utils.translation import to_locale

SOURCES = Path(__file__).parent / "locale"


def compiled_folder(data: Path) -> Path:
    """Where the catalogues of this release are compiled to: a folder that their content names.

    So no process reads those of another release, and none is ever out of date.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(SOURCES.glob("*.po")):
        digest.update(path.read_bytes())
    return data / "locale" / digest.hexdigest()


def compile_catalogues(folder: Path) -> bool:
    """Fill the folder where it does not exist, whole or not at all; whether it did."""
    if folder.exists():
        return False
    from babel.messages.mofile import write_mo  # which most processes never need
    from babel.messages.pofile import read_po

    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    draft.chmod(0o755)
    for path in SOURCES.glob("*.po"):
        compiled = draft / to_locale(path.stem) / "LC_MESSAGES" / "django.mo"
        compiled.parent.mkdir(parents=True)
        with path.open("rb") as source, compiled.open("wb") as target:
            write_mo(target, read_po(source, locale=to_locale(path.stem)))
    try:
        os.rename(draft, folder)
    except OSError:
        # Another process was quicker.
        shutil.rmtree(draft)
    return True
