"""WordPress's shortcodes: `[caption]…[/caption]`, `[gallery ids="1,2"]`, and those of plugins that are not known here."""

import re
from collections.abc import Callable, Sequence
from html import escape

NAME = r"[A-Za-z][\w-]{1,40}"
CODE = re.compile(rf"\[(?P<end>/?)(?P<name>{NAME})(?P<rest>(?:[\s/=][^\[\]\n]{{0,1000}})?)\]")
VALUE = re.compile(
    r"""([\w-]{1,40})\s?=\s?["\u201c\u201d']([^"\u201c\u201d'\n]{0,1000})["\u201c\u201d']"""
)
CAPTION = re.compile(
    r"\[(?:wp_)?caption\b([^\]\n]{0,1000})\]((?:(?!\[/(?:wp_)?caption\]|\[caption).)*+)\[/(?:wp_)?caption\]",
    re.DOTALL,
)
PICTURE = re.compile(r"(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)
EMBED = re.compile(r"\[embed\b[^\]\n]{0,200}\]\s*+(https?://[^\s\[\]<>]+)\s*+\[/embed\]")
# It is quoted or not, or the code ends itself.
HAS_ATTRIBUTES = re.compile(rf"{VALUE.pattern}|\s[\w-]{{1,40}}=[^\s\"'\]]|\s/$")
# Of WordPress and its plugin Jetpack, by the sites whose players they show.
PLAYERS = frozenset(
    [
        "youtube",
        "vimeo",
        "dailymotion",
        "soundcloud",
        "spotify",
        "tweet",
        "twitter",
        "instagram",
        "facebook",
        "tiktok",
        "ted",
    ]
)
ADDRESS = re.compile(r"https?://[^\s\"'<>\[\]]{4,1000}")
# Without attributes and end these are code, and not a word in brackets.
ALONE = frozenset(
    [
        "gallery",
        "audio",
        "video",
        "playlist",
        "embed",
        "caption",
        "toc",
        "nextpage",
        "subscribe",
        "newsletter",
        "contact-form",
    ]
)


def as_html(text: str, gallery: Callable[[Sequence[str]], str]) -> str:
    """Captions, galleries, embeds and players as HTML; `gallery` writes the pictures of some ids."""
    if "[" not in text:
        return text
    text = CAPTION.sub(_figure, text)
    paragraph = "<p>{}</p>" if "<p" in text else "{}"
    text = EMBED.sub(lambda found: f"\n\n{paragraph.format(found[1])}\n\n", text)
    return CODE.sub(lambda code: _as_html(code, gallery), text)


def _figure(caption: re.Match[str]) -> str:
    picture = PICTURE.search(caption[2])
    if picture is None:
        return caption[2]
    words = " ".join((caption[2][: picture.start()] + caption[2][picture.end() :]).split())
    words = words or dict(VALUE.findall(caption[1])).get("caption", "")
    return f"\n\n<figure>{picture[0]}<figcaption>{words}</figcaption></figure>\n\n"


def _as_html(code: re.Match[str], gallery: Callable[[Sequence[str]], str]) -> str:
    name, values = code["name"].lower(), dict(VALUE.findall(code["rest"]))
    if code["end"]:
        return code[0]
    if name == "gallery" and (ids := values.get("ids") or values.get("include")):
        return f"\n\n{gallery([each.strip() for each in ids.split(',')])}\n\n"
    if name in {"audio", "video"}:
        address = next(
            (values[key] for key in ("src", "mp4", "m4v", "mp3", "webm", "ogg") if key in values),
            "",
        )
        return f'\n\n<{name} src="{escape(address)}"></{name}>\n\n' if address else code[0]
    if name in PLAYERS and (found := ADDRESS.search(code["rest"])):
        return f"\n\n<p>{found[0]}</p>\n\n"
    return code[0]


def removed(text: str) -> tuple[str, list[str]]:
    """The text without shortcodes, and the names of those that had no content, which are lost.

    A shortcode has attributes, an end, an underscore in its name, or a known name; `[sic]` is a word.
    """
    ended = {code["name"].lower() for code in CODE.finditer(text) if code["end"]}
    left_out: list[str] = []

    def replacement(code: re.Match[str]) -> str:
        name = code["name"].lower()
        if not (
            name in ended or name in ALONE or "_" in name or HAS_ATTRIBUTES.search(code["rest"])
        ):
            return code[0]
        if name not in ended and name not in left_out:
            left_out.append(name)
        return ""

    return CODE.sub(replacement, text), left_out
