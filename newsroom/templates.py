"""Templates without the indentation of their source: it is a twentieth of a compressed page."""

import re
from pathlib import Path

from django.template import Origin
from django.template.loaders.app_directories import Loader as AppDirectoriesLoader

PRODUCT = Path(__file__).resolve().parents[1]

_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Loader(AppDirectoriesLoader):
    """Leaves out what is before the first letter of a line, where HTML has room of any length. None has a <pre>."""

    def get_dirs(self) -> list[str | Path]:
        """The folders of the product's apps first: a template of the desk's look with the same name gives way to its own."""
        return sorted(super().get_dirs(), key=lambda folder: Path(folder).parents[1] != PRODUCT)

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        is_html = str(origin.template_name).endswith(".html")
        return _INDENTATION.sub("", contents) if is_html else contents
