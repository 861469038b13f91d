"""Draws the card that other sites show beside a link to a page without a picture. No database, no Django.

Text is drawn right or not at all: a card without a headline is better than one with boxes, or with Arabic letters that
do not join. The fonts are those of the package weblate-fonts; Pillow shapes scripts and orders directions where the
system has FriBiDi.
"""

import io
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from PIL import Image, ImageDraw, ImageFont, features

# Pixels: the size that Facebook and the readers of its tags ask for (https://ogp.me, developers.facebook.com).
WIDTH, HEIGHT = 1200, 630
_MARGIN = 80
_COLUMN = WIDTH - 2 * _MARGIN
_PAPER, _INK, _MUTED, _ACCENT = "#fdfcf9", "#1c1a17", "#5c574d", "#9b1c1f"  # as in site.css

_SIZES = range(92, 43, -4)  # pixels of the headline; the largest in which it fits
_LEADING = 1.14  # of the size, from line to line
_HEADLINE_TOP, _HEADLINE_BOTTOM = 148, 510
_LONGEST = 400  # characters that are measured; no more fit

# The first that has every letter of a text draws it: Latin, Greek and Cyrillic; most other scripts; Chinese, Japanese,
# Korean. No font has Khmer or Burmese.
_FONTS = {
    "source": "source-sans/ttf/SourceSans3-Bold.ttf",
    "kurinto": "kurinto/ttf/KurintoSans-Bd.ttf",
    "SC": "kurinto/ttf/KurintoSansSC-Bd.ttf",
    "TC": "kurinto/ttf/KurintoSansTC-Bd.ttf",
    "JP": "kurinto/ttf/KurintoSansJP-Bd.ttf",
    "KR": "kurinto/ttf/KurintoSansKR-Bd.ttf",
}
# Chinese, Japanese and Korean share code points whose letters differ.
_HAN = {"ja": "JP", "ko": "KR", "zh-hant": "TC", "zh-tw": "TC", "zh-hk": "TC"}
_MISSING = "\U0010fffe"  # no font has it
_JOINERS = "\u200c\u200d"  # between letters they change shapes; no font needs a picture of them


@dataclass(frozen=True, slots=True)
class CardText:
    """What a card says. `language` is a BCP 47 tag."""

    headline: str
    kicker: str
    site: str
    language: str


def draw_card(text: CardText) -> bytes:
    """The card as PNG, WIDTH by HEIGHT pixels; the same text gives the same bytes.

    Takes about a tenth of a second.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    headline = _Line.of(text.headline, text.language) or _Line.of(text.site, text.language)
    rtl = headline is not None and headline.direction == "rtl"
    _draw_frame(draw, rtl=rtl)
    _draw_words(draw, text.site, text.language, 46, 56, _INK, rtl=rtl, indent=84)
    _draw_words(draw, text.kicker, text.language, 36, 540, _ACCENT, rtl=rtl)
    if headline:
        _draw_headline(draw, headline)
    file = io.BytesIO()
    image.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Line:
    """A text with the font that has all of its letters."""

    text: str
    font: str
    direction: Literal["ltr", "rtl"]

    @classmethod
    def of(cls, text: str, language: str) -> "_Line | None":
        """None where no font has its letters, or where they need a shaping that is not installed."""
        drawable = _without_pictures(text)
        if not drawable or not (features.check("raqm") or _is_simple(drawable)):
            return None
        for font in _fonts_for(language):
            if _covers(font, drawable):
                return cls(drawable, font, _direction(drawable))
        return None

    def width(self, text: str, size: int) -> float:
        return self.at(size).getlength(text, direction=self._shaped)

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        return _font(self.font, size)

    def draw(self, draw: ImageDraw.ImageDraw, y: int, text: str, size: int, fill: str) -> None:
        is_rtl = self.direction == "rtl"
        position = (WIDTH - _MARGIN if is_rtl else _MARGIN, y)
        anchor = "ra" if is_rtl else "la"
        draw.text(position, text, fill, self.at(size), anchor, direction=self._shaped)

    @property
    def _shaped(self) -> Literal["ltr", "rtl"] | None:
        return self.direction if features.check("raqm") else None


def _draw_frame(draw: ImageDraw.ImageDraw, *, rtl: bool) -> None:
    """The rules above and below, and the site's icon at the side where lines begin."""
    draw.rectangle((0, 0, WIDTH, 16), _ACCENT)
    draw.rectangle((_MARGIN, 128, WIDTH - _MARGIN, 130), "#d8d2c4")
    left = WIDTH - _MARGIN - 56 if rtl else _MARGIN
    draw.rounded_rectangle((left, 54, left + 56, 110), 10, _ACCENT)
    for x, y, width, height in (
        (6, 7, 20, 4),
        (6, 14, 9, 11),
        *((18, y, 8, 2) for y in (14, 18.5, 23)),
    ):
        scale = 56 / 32  # of the drawing in favicon.svg
        corner = (left + x * scale, 54 + y * scale)
        draw.rectangle(
            (*corner, corner[0] + width * scale - 1, corner[1] + height * scale - 1), _PAPER
        )


def _draw_words(
    draw: ImageDraw.ImageDraw,
    text: str,
    language: str,
    size: int,
    y: int,
    fill: str,
    *,
    rtl: bool,
    indent: int = 0,
) -> None:
    """One line beside or below the headline, at the side where the headline begins."""
    line = _Line.of(text, language)
    if line is None:
        return
    shown = _shorten(line, line.text, size, _COLUMN - indent)
    x = WIDTH - _MARGIN - indent if rtl else _MARGIN + indent
    anchor = "ra" if rtl else "la"
    draw.text((x, y), shown, fill, line.at(size), anchor, direction=line._shaped)


def _draw_headline(draw: ImageDraw.ImageDraw, line: _Line) -> None:
    # The larger the letters the more lines: the largest size that fits is found by halving.
    fitting = bisect_left(_SIZES, True, key=lambda size: _fits(line, size))
    size = _SIZES[min(fitting, len(_SIZES) - 1)]
    lines = list(_wrap(line, size))
    most = _most_lines(size)
    if len(lines) > most:
        lines = [*lines[: most - 1], _shorten(line, " ".join(lines[most - 1 :]), size, _COLUMN)]
    for number, words in enumerate(lines):
        line.draw(draw, round(_HEADLINE_TOP + number * size * _LEADING), words, size, _INK)


def _fits(line: _Line, size: int) -> bool:
    return len(list(_wrap(line, size))) <= _most_lines(size)


def _most_lines(size: int) -> int:
    return int((_HEADLINE_BOTTOM - _HEADLINE_TOP) / (size * _LEADING))


def _wrap(line: _Line, size: int) -> Iterator[str]:
    """The lines of the text, broken between words, and inside a word that is wider than the card."""
    current = ""
    for word in _words(line.text):
        if current and line.width(current + word.rstrip(), size) > _COLUMN:
            yield current.strip()
            current = ""
        current += word
        while line.width(current.rstrip(), size) > _COLUMN:
            fitting = _fitting(line, current, size, _COLUMN)
            yield current[:fitting].strip()
            current = current[fitting:]
    if current.strip():
        yield current.strip()


def _words(text: str) -> Iterator[str]:
    """The parts between which a line may break: words with the space after them, and each Chinese or Japanese sign
    with the punctuation after it.
    """
    word = ""
    for letter in text:
        ends = word[-1:].isspace() or (_is_sign(word[-1:]) or _is_sign(letter))
        if word and ends and unicodedata.category(letter)[0] not in "PM":
            yield word
            word = ""
        word += letter
    if word:
        yield word


def _is_sign(letter: str) -> bool:
    """Whether lines may break before and after it, as in Chinese and Japanese; Korean has spaces."""
    is_wide = bool(letter) and unicodedata.east_asian_width(letter) in {"W", "F"}
    return is_wide and not "\uac00" <= letter <= "\ud7a3"


def _shorten(line: _Line, text: str, size: int, width: int) -> str:
    """The text, or its beginning with an ellipsis, within the width."""
    if line.width(text, size) <= width:
        return text
    room = width - round(line.width("…", size))
    return text[: _fitting(line, text, size, room)].rstrip(" ,;:.–—-") + "…"


def _fitting(line: _Line, text: str, size: int, width: int) -> int:
    """How many characters of the text fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if line.width(text[:middle], size) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _without_pictures(text: str) -> str:
    """The text in one line, without emoji, other symbols and control characters that are no letters of any script."""
    composed = " ".join(unicodedata.normalize("NFC", text[:_LONGEST]).split())
    kept = [each for each in composed if each in _JOINERS or _is_text(each)]
    return " ".join("".join(kept).split())


def _is_text(letter: str) -> bool:
    category = unicodedata.category(letter)
    return (category[0] in "LMNPZ" and not 0xFE00 <= ord(letter) <= 0xFE0F) or category in {
        "Sc",
        "Sm",
    }


def _is_simple(text: str) -> bool:
    """Whether one letter after another, from left to right, is right without any shaping."""
    return all(
        unicodedata.category(each)[0] != "M"
        and each not in _JOINERS
        and unicodedata.bidirectional(each) not in {"R", "AL", "AN"}
        for each in text
    )


def _direction(text: str) -> Literal["ltr", "rtl"]:
    """The direction of the first letter that has one, as browsers decide for `dir="auto"`."""
    for each in text:
        strong = unicodedata.bidirectional(each)
        if strong in {"R", "AL"}:
            return "rtl"
        if strong == "L":
            break
    return "ltr"


def _fonts_for(language: str) -> list[str]:
    tag = language.lower()
    han = next((font for start, font in _HAN.items() if tag.startswith(start)), "SC")
    others = [font for font in _FONTS if font not in {"source", "kurinto", han}]
    return ["source", "kurinto", han, *others]


def _covers(font: str, text: str) -> bool:
    return all(_has_letter(font, each) for each in set(text))


@lru_cache(maxsize=5000)
def _has_letter(font: str, letter: str) -> bool:
    """A letter that a font lacks is drawn as the font draws a code point that is no letter."""
    if letter.isspace() or letter in _JOINERS:
        return True
    return _drawing(font, letter) != _drawing(font, _MISSING)


def _drawing(font: str, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(font, 24, shaped=False).getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def _font(name: str, size: int, *, shaped: bool = True) -> ImageFont.FreeTypeFont:
    path = files("weblate_fonts") / "static" / "weblate_fonts" / _FONTS[name]
    engine = None if shaped else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(path), size, layout_engine=engine)
