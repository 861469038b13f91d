"""`manage.py register_pages FILE`: registers the pages of a site at once, before readers see them."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from lxml import etree

from articles.sites.sightings import SightRefused, register_now

_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


class Command(BaseCommand):
    help = (
        "Registers the pages of sites that FILE names, a URL a line or a sitemap, as their first reader would. The same "
        "file twice changes nothing. Prints a line for each page that is refused, and exits 1 where there is one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        registered = refused = 0
        for url in read_urls(text):
            try:
                registered += register_now(url)
            except SightRefused as refusal:
                refused += 1
                self.stderr.write(f"{url}: {refusal.detail}")
        self.stdout.write(f"{registered} pages registered, {refused} refused.")
        if refused:
            sys.exit(1)


def read_urls(text: str) -> list[str]:
    """The URLs of a sitemap, or of lines; each once."""
    if text.lstrip("\ufeff \n\r\t").startswith("<"):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        root = etree.fromstring(text.encode(), parser)
        found = [each.text or "" for each in root.iter(_SITEMAP)] if root is not None else []
    else:
        found = text.splitlines()
    return list(dict.fromkeys(url.strip() for url in found if url.strip()))
