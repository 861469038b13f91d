"""IPTC ninjs 1.x, 2.x and 3.x: one object, or a list of them.

The branches differ in names (`byline` and `by`, `pubstatus` and `pubStatus`) and in shapes (a
`headline`, or `headlines` with roles). Names are compared without regard to case, and each value is
looked for under every name and in every shape it has had.
"""

import re
from collections.abc import Iterator
from datetime import tzinfo
from html import escape, unescape
from typing import Any

from articles.formats import bodies, nitf
from articles.formats.jsontext import JSONObject, load
from articles.formats.mediatopics import claims_to_be_one
from articles.formats.story import Author, LeadImage, Story, StoryError
from articles.formats.wire import TAGS, Item, RawStory, host_of, joined, read_items
from articles.formats.xmltree import html_of, parse

# What we can show; 1.x often leaves it out.
PICTURES = {"", "image/jpeg", "image/jpg", "image/png", "image/webp"}
# Bodies by their roles that are not the text.
NO_BODY = {"dateline", "summary", "abstract", "description", "headline", "caption", "byline"}
MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
PAGE = re.compile(r"<body\b[^<>]*>(.*?)</body>", re.DOTALL | re.IGNORECASE)
QUOTED = re.compile(r'"([^"<>\s]{8,1000}+)"')
MAIN = {"mainimage", "featuremedia", "mainpic"}
ALTERNATIVES = {"alttext", "alt"}
MADE_AT = {"dateline", "located", "origin"}
MAKERS = {"author", "writer", "contributor", "photographer", "editor"}


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The text items of a ninjs document; pictures and other items of their own are left out.

    Raises StoryError with every mistake, each with the item and field it is in.
    """
    document = load(content, name)
    items = document if isinstance(document, list) else _items(document)
    return read_items(items, _raw_story, name=name, zone=zone)


def _items(document: Any) -> list[Any]:
    """The document itself, or what an answer of an API lists: `{"total": 2, "items": [...]}`."""
    if (
        isinstance(document, dict)
        and not {"uri", "guid", "headline", "headlines"} & document.keys()
    ):
        for name in ("items", "item", "_items"):
            if isinstance(listed := document.get(name), list):
                return listed
    return [document]


def _raw_story(raw: Any, item: Item) -> RawStory | None:
    story = JSONObject.of(raw, item)
    if item.mistakes or story.text("type").lower() not in {"", "text", "composite"}:
        return None
    uri = story.text("uri", "guid")
    if not uri:
        item.refuse("uri", "is missing.")
    authors = _authors(story)
    first_made = story.text("contentCreated") or story.text("firstCreated", "versionCreated")
    section, tags, subjects = _labels(story)
    pictures, players, sizes = _media(story, item)
    return RawStory(
        headline=bodies.plain(_headline(story)),
        subheadline=bodies.plain(
            _of_role(story, "headlines", "subheadline") or story.text("headline_subheadline")
        ),
        short_headline=bodies.plain(
            _of_role(story, "headlines", "short") or story.text("headline_short")
        ),
        slugline=story.text("slugline"),
        slug=_alternative_id(story, "slug"),
        abstract=bodies.plain(_abstract(story)),
        body_html=_with_media(_body(story, item), players, sizes),
        byline=story.text("by", "byline") or joined([author.name for author in authors]),
        authors=authors,
        dateline_text=bodies.plain(_of_role(story, "bodies", "dateline")),
        located=_located(story),
        section=section,
        tags=tags,
        subjects=subjects,
        language=story.text("language"),
        published_at=first_made,
        pictures=pictures,
        urgency=_number(story, "urgency"),
        copyright_holder=story.text("copyrightHolder"),
        copyright_notice=story.text("copyrightNotice"),
        usage_terms=story.text("usageTerms"),
        ed_note=story.text("edNote"),
        source=_source(story, uri),
        item_id=uri,
        version=_number(story, "version"),
        time_field="contentCreated or firstCreated",
        modified_at=story.text("versionCreated"),
        url=_web_address(story, uri),
        pub_status=story.text("pubStatus"),
        embargoed_until=story.text("embargoedUntil", "embargoed"),
        expires_at=story.text("expires"),
    )


def _number(story: JSONObject, key: str) -> str:
    """As a number or as text: the versions of the standard differ, and so do those who write it."""
    return story.number(key) if isinstance(story.values.get(key), int) else story.text(key)


def _of_role(story: JSONObject, key: str, role: str) -> str:
    """The value with this role in a list of headlines or bodies; `main` is also one without a role."""
    wanted = {role, ""} if role == "main" else {role}
    objects = story.objects(key)
    return next((t.text("value") for t in objects if t.text("role").lower() in wanted), "")


def _headline(story: JSONObject) -> str:
    """2.x and 3.x have a list with roles, 1.x one of its own or several by name."""
    return (
        _of_role(story, "headlines", "main")
        or story.text("headline", "headline_main", "title")
        or _first_of_list(story, "headlines")
        or next(_named(story, "headline_"), "")
    )


def _first_of_list(story: JSONObject, key: str) -> str:
    objects = story.objects(key)
    others = (each for each in objects if each.text("role").lower() not in {"subheadline", "short"})
    return next((text for each in others if (text := each.text("value"))), "")


def _named(story: JSONObject, beginning: str) -> Iterator[str]:
    """The texts of 1.6 whose name begins so: `headline_main`, `body_web`."""
    for key in sorted(story.values):
        if key.startswith(beginning) and (text := story.text(key)):
            yield text


def _abstract(story: JSONObject) -> str:
    for role in ("summary", "abstract", "main", "lead", "lede", "teaser"):
        if text := _of_role(story, "descriptions", role):
            return text
    return story.text(
        "description_text", "description_html", "description_xhtml", "description_summary"
    )


def _body(story: JSONObject, item: Item) -> str:
    """The richest of the bodies: HTML before XHTML before NITF before text. Their roles are free."""
    found: dict[str, str] = {}
    for body in story.objects("bodies"):
        if body.text("role").lower() not in NO_BODY and (text := body.text("value")):
            found.setdefault(_kind(body.text("contentType"), text), text)
    for key in sorted(story.values):
        if key.startswith("body_") and (text := story.text(key)):
            found.setdefault(_kind(key.removeprefix("body_"), text), text)
    kind = next((each for each in ("html", "xhtml", "nitf", "text") if each in found), "")
    return _as_html(kind, found[kind], item) if kind else ""


def _kind(content_type: str, text: str) -> str:
    for kind in ("nitf", "xhtml", "html"):
        if kind in content_type.lower():
            return kind
    is_text = "plain" in content_type.lower() or content_type.lower() == "text"
    return "text" if is_text or not MARKUP.search(text) else "html"


def _as_html(kind: str, text: str, item: Item) -> str:
    if kind == "text":
        return bodies.from_text(text)
    if kind == "nitf":
        try:
            root = nitf.without_namespaces(parse(text.encode(), item.name))
        except StoryError as error:
            item.note(f"read as text: {error.mistakes[0].text}")
            return bodies.from_text(text)
        body = root if root.tag == "body" else root.find("body")
        return nitf.body_html(body) if body is not None else html_of(root)
    page = PAGE.search(text)
    return page[1] if page else text


def _located(story: JSONObject) -> str:
    """Where the story was made: a text in 1.x, which some write as a list of places."""
    value = story.values.get("located")
    return value if isinstance(value, str) else ""


def _authors(story: JSONObject) -> list[Author]:
    """The people who made the story; those it is about have another `rel`, or none."""
    return [
        Author(person.text("name"), _role(person))
        for person in story.objects("people", "person")
        if _role(person) in MAKERS
    ] or [
        # Superdesk's.
        Author(name, author.text("role") or "writer")
        for author in story.objects("authors")
        if (name := author.text("name"))
    ]


def _role(person: JSONObject) -> str:
    role = person.text("rel", "role").lower()
    return "writer" if role == "author" else role


def _labels(story: JSONObject) -> tuple[str, list[str], list[str]]:
    """Section, tags and subjects: media topics are subjects, every other subject with a name is a tag."""
    section, tags, subjects = "", [], []
    for subject in story.objects("subjects", "subject"):
        kind = subject.text("rel").lower()
        code = subject.text("uri") or subject.text("code")
        if kind == "section":
            section = section or subject.text("name")
        elif claims_to_be_one(code) and kind not in {"tag", "keyword"}:
            subjects.append(code)
        elif name := subject.text("name"):
            tags.append(name)
    section = section or next((each.text("name") for each in story.objects("service")), "")
    names = [*tags, *story.texts("keywords"), *_things(story)]
    # Of lists of names, which have no limit, the first ones; too many tags are a mistake.
    stated = [*tags, *story.texts("keywords")]
    return section, stated if len(stated) > TAGS else names[:TAGS], subjects


def _things(story: JSONObject) -> list[str]:
    """The names of people, organisations and places that the story is about."""
    about = [
        *(p for p in story.objects("people", "person") if _role(p) not in MAKERS),
        *story.objects("organisations", "organisation", "organizations"),
        *(each for each in story.objects("places", "place") if each.text("rel") not in MADE_AT),
    ]
    return list(dict.fromkeys(name for each in about if (name := each.text("name"))))


def _alternative_id(story: JSONObject, role: str) -> str:
    """1.x has a mapping of names to ids, 2.x and 3.x a list with roles."""
    ids = story.values.get("altids")
    if isinstance(ids, dict):
        value = ids.get(role)
        return value if isinstance(value, str) else ""
    objects = story.objects("altIds")
    return next((each.text("value") for each in objects if each.text("role") == role), "")


def _source(story: JSONObject, uri: str) -> str:
    """Who supplies the story: the source it names, else the authority of its URI."""
    sources = story.objects("infoSources", "infoSource")
    named = [
        s.text("name") or s.text("literal")
        for s in sources
        if s.text("role", "rel") in {"", "source"}
    ]
    if name := next(filter(None, named), "") or _text_of(story, "source"):
        return name
    if uri.startswith("tag:"):
        return uri.removeprefix("tag:").partition(",")[0]
    if uri.startswith("urn:newsml:"):
        return uri.split(":")[2]
    return host_of(uri)


def _text_of(story: JSONObject, key: str) -> str:
    value = story.values.get(key)
    return value if isinstance(value, str) else ""


def _web_address(story: JSONObject, uri: str) -> str:
    for rendition in story.named_things("renditions"):
        if rendition.text("name").lower() in {"web", "canonical"}:
            return rendition.text("href")
    return uri


def _media(
    story: JSONObject, item: Item
) -> tuple[list[LeadImage], list[tuple[str, str, str]], dict[str, str]]:
    """Pictures, the main one first; players by kind, address and title; of each smaller size of a picture the largest."""
    pictures: list[tuple[int, LeadImage]] = []
    players: list[tuple[str, str, str]] = []
    sizes: dict[str, str] = {}
    for each in story.named_things("associations"):
        kind = each.text("type").lower()
        if kind in {"picture", "graphic", ""}:
            image = _picture(each)
            pictures.append((_rank(each, kind), image))
            hrefs = (size.text("href") for size in each.named_things("renditions"))
            sizes |= {href: image.url for href in hrefs if image.url and href != image.url}
        elif kind in {"video", "audio"} and (address := _player_address(each, kind)):
            players.append((kind, address, _headline(each) or _caption(each)))
        else:
            item.note(f"left out: {kind} {_headline(each) or each.text('name', 'uri')}".strip())
    return [image for _, image in sorted(pictures, key=lambda pair: pair[0])], players, sizes


def _rank(association: JSONObject, kind: str) -> int:
    """The main picture before others, a picture before a drawing or a logo."""
    if {association.text("rel").lower(), association.text("name").lower()} & MAIN:
        return 0
    return 2 if kind == "graphic" else 1


def _picture(picture: JSONObject) -> LeadImage:
    return LeadImage(
        caption=bodies.plain(_caption(picture) or picture.text("headline")),
        alt_text=bodies.plain(
            _of_role(picture, "descriptions", "alttext") or _of_role(picture, "descriptions", "alt")
        ),
        credit=picture.text("by", "byline") or picture.text("copyrightHolder"),
        url=_largest_rendition(picture),
    )


def _caption(picture: JSONObject) -> str:
    """The description that is a caption; else the first one that is none of the alternative text."""
    described = picture.objects("descriptions")
    words = (d.text("value") for d in described if d.text("role").lower() not in ALTERNATIVES)
    return _of_role(picture, "descriptions", "caption") or _abstract(picture) or next(words, "")


def _player_address(association: JSONObject, kind: str) -> str:
    for rendition in association.named_things("renditions"):
        content_type = rendition.text("contentType", "mimetype", "format").lower()
        if content_type.startswith(kind) and (href := rendition.text("href")):
            return href
    return ""


def _with_media(html: str, players: list[tuple[str, str, str]], sizes: dict[str, str]) -> str:
    """The body with its players at the end, and each of the story's pictures in its largest size."""
    if sizes:
        html = QUOTED.sub(
            lambda found: (
                f'"{escape(sizes[small])}"' if (small := unescape(found[1])) in sizes else found[0]
            ),
            html,
        )
    return bodies.with_players(html, players)


def _largest_rendition(picture: JSONObject) -> str:
    """The address of the widest one that is a picture; those without a width come last."""
    found = [
        (rendition.whole("width"), rendition.text("href"))
        for rendition in picture.named_things("renditions")
        if rendition.text("contentType", "mimetype", "format").lower() in PICTURES
    ]
    return max((each for each in found if each[1]), default=(0, ""))[1]
