"""The text of a Markdown file without what readers would not see in it: its pictures, and tags of site generators."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from articles import markup
from articles.formats import body_media
from articles.formats.story import LeadImage

# A picture as Markdown writes it, alone or as the text of a link: alternative text, address, title.
PICTURE = re.compile(
    r"""(?P<link>\[)?!\[(?P<alt>(?:[^\[\]\\\n]|\\.)*+)\]\(\s*+<?(?P<src>[^\s<>()]++)>?"""
    r"""(?:\s++(?:"(?P<title>[^"\n]*+)"|'(?P<other>[^'\n]*+)'))?\s*+\)(?(link)\]\([^()\s]*+\))"""
)
# Liquid's tags and variables, and Hugo's shortcodes.
TAG = re.compile(r"\{(?:%-?|\{[<%]?)\s*+(?P<end>/?)(?P<name>[\w.-]*+)(?P<rest>[^{}]*+)\}{1,2}")
# Hugo's players: the site's name, and an address that the id of a film completes.
PLAYERS = {
    "youtube": ("youtube.com", "https://www.youtube.com/watch?v="),
    "vimeo": ("vimeo.com", "https://vimeo.com/"),
}
PLAYER_ID = re.compile(r"""\s*+(?:id\s*+=\s*+)?["']?([\w-]{3,40})\b""")
ARGUMENT = re.compile(r"""(src|alt|caption|title|attr)\s*+=\s*+"([^"]*+)\"""")


# Hugo's and Jekyll's code.
LISTING = re.compile(
    r"^\{(?:\{[<%]|%-?)\s*+highlight\b[^{}\n]*+\}{1,2}[ \t]*+\n(?P<code>(?:(?!\{[{%])[^\n]*+\n)*+)"
    r"\{(?:\{[<%]|%-?)\s*+(?:/\s*+|end)highlight[^{}\n]*+\}{1,2}",
    re.MULTILINE,
)
FOOTNOTE = re.compile(
    r"^\[\^([\w-]{1,50})\]:[ \t]++([^\n]++(?:\n(?: {2,}|\t)[^\n]++)*+)", re.MULTILINE
)
REFERENCE = re.compile(r"\[\^([\w-]{1,50})\]")


@dataclass
class MarkdownBody:
    """The text, its pictures in their order, and what was left out of it."""

    text: str
    pictures: list[LeadImage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def take_pictures(self) -> None:
        """Pictures that are not of this installation go beside the text. Its lines keep their numbers."""
        hidden = {*markup.list_pictures(self.text)} if PICTURE.search(self.text) else set()
        if hidden:
            self.text = PICTURE.sub(lambda found: self._take(found, hidden), self.text)

    def take_media(self) -> None:
        """Of a text that is HTML, as Ghost keeps it, pictures go beside it and players become links."""
        if self.text.lstrip().startswith("<"):
            media = body_media.take_out(self.text)
            self.text = media.html
            self.pictures += media.pictures
            self.notes += media.notes

    def take_footnotes(self) -> None:
        """Footnotes as links to a list at the end. The lines of the text keep their numbers."""
        notes = {found[1]: " ".join(found[2].split()) for found in FOOTNOTE.finditer(self.text)}
        if not notes:
            return
        text = FOOTNOTE.sub(lambda found: "\n" * found[0].count("\n"), self.text)
        places = {name: place for place, name in enumerate(notes, start=1)}
        text = REFERENCE.sub(
            lambda found: (
                f'<sup><a href="#note-{found[1]}">{places[found[1]]}</a></sup>'
                if found[1] in places
                else found[0]
            ),
            text,
        )
        listed = "".join(
            f'{n}. <a id="note-{name}"></a>{notes[name]}\n' for name, n in places.items()
        )
        self.text = f"{text.rstrip()}\n\n{listed}"

    def take_tags(self) -> None:
        """Tags of a site generator go, and what is between them stays; a figure is a picture, a listing is code."""
        self.text = LISTING.sub(r"```\n\g<code>```", self.text)
        self.text = TAG.sub(self._take_tag, self.text)

    def _take(self, found: re.Match[str], hidden: Iterable[str]) -> str:
        if found["src"] not in hidden:
            return found[0]
        self._add(found["src"], alt=found["alt"], caption=found["title"] or found["other"] or "")
        return "\n" * found[0].count("\n")

    def _take_tag(self, found: re.Match[str]) -> str:
        said = dict(ARGUMENT.findall(found["rest"]))
        if found["name"] == "figure" and "src" in said:
            caption = said.get("caption") or said.get("title", "")
            self._add(said["src"], alt=said.get("alt", ""), caption=caption)
        elif (player := PLAYERS.get(found["name"])) and (name := PLAYER_ID.match(found["rest"])):
            self.note(f"as a link: {player[1]}{name[1]}")
            return f"[{player[0]}]({player[1]}{name[1]})"
        elif not found["end"] and not found["name"].startswith("end"):
            self.note(f"left out: {' '.join(found[0].split())[:60]}")
        return "\n" * found[0].count("\n")

    def _add(self, url: str, *, alt: str, caption: str) -> None:
        if not may_be_found(url):
            self.note(f"left out: the picture {url}, no web address and no file beside the story")
        elif url not in {each.url for each in self.pictures}:
            words = re.sub(r"\\(.)", r"\1", alt)
            self.pictures.append(LeadImage(caption[:1000], alt_text=words[:1000], url=url))


def may_be_found(url: str) -> bool:
    """Whether it is a web address, or that of a file beside the story or in a folder there."""
    if url.startswith(("http://", "https://")):
        return True
    path = PurePosixPath(url)
    return bool(url) and not path.is_absolute() and ".." not in path.parts and ":" not in url
