"""IPTC ninjs 1.x, 2.x and 3.x: one object, or a list of them.

The branches differ in names (`byline` and `by`, `pubstatus` and `pubStatus`) and in shapes (a
`headline`, or `headlines` with roles). Names are compared without regard to case, and each value is
looked for under every name and in every shape it has had.
"""

from datetime import tzinfo
from typing import Any

from articles.formats import bodies
from articles.formats.jsontext import JSONObject, load
from articles.formats.mediatopics import claims_to_be_one
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import Item, RawStory, host_of, joined, read_items

# What we can show; 1.x often leaves it out.
PICTURES = {"", "image/jpeg", "image/jpg", "image/png", "image/webp"}
MAKERS = {"author", "writer", "contributor", "photographer", "editor"}


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The text items of a ninjs document; pictures and other items of their own are left out.

    Raises StoryError with every mistake, each with the item and field it is in.
    """
    document = load(content, name)
    items = document if isinstance(document, list) else [document]
    return read_items(items, _raw_story, name=name, zone=zone)


def _raw_story(raw: Any, item: Item) -> RawStory | None:
    story = JSONObject.of(raw, item)
    if item.mistakes or story.text("type").lower() not in {"", "text", "composite"}:
        return None
    uri = story.text("uri")
    if not uri:
        item.refuse("uri", "is missing.")
    authors = _authors(story)
    first_made = story.text("contentCreated") or story.text("firstCreated", "versionCreated")
    section, tags, subjects = _labels(story)
    return RawStory(
        headline=bodies.plain(
            _of_role(story, "headlines", "main") or story.text("headline", "title")
        ),
        subheadline=bodies.plain(_of_role(story, "headlines", "subheadline")),
        short_headline=bodies.plain(_of_role(story, "headlines", "short")),
        slugline=story.text("slugline"),
        slug=_alternative_id(story, "slug"),
        abstract=bodies.plain(_abstract(story)),
        body_html=_body(story),
        byline=story.text("by", "byline") or joined([author.name for author in authors]),
        authors=authors,
        dateline_text=bodies.plain(_of_role(story, "bodies", "dateline")),
        located=_located(story),
        section=section,
        tags=tags,
        subjects=subjects,
        language=story.text("language"),
        published_at=first_made,
        lead_image=_lead_image(story),
        urgency=story.number("urgency"),
        copyright_holder=story.text("copyrightHolder"),
        copyright_notice=story.text("copyrightNotice"),
        usage_terms=story.text("usageTerms"),
        ed_note=story.text("edNote"),
        source=_source(story, uri),
        item_id=uri,
        version=story.text("version"),
        modified_at=story.text("versionCreated"),
        url=_web_address(story, uri),
        pub_status=story.text("pubStatus"),
        embargoed_until=story.text("embargoedUntil", "embargoed"),
        expires_at=story.text("expires"),
    )


def _of_role(story: JSONObject, key: str, role: str) -> str:
    """The value with this role in a list of headlines or bodies; `main` is also one without a role."""
    wanted = {role, ""} if role == "main" else {role}
    objects = story.objects(key)
    return next((t.text("value") for t in objects if t.text("role").lower() in wanted), "")


def _abstract(story: JSONObject) -> str:
    for role in ("summary", "abstract", "main"):
        if text := _of_role(story, "descriptions", role):
            return text
    return story.text("description_text", "description_html", "description_xhtml")


def _body(story: JSONObject) -> str:
    """HTML where there is some, else plain text."""
    kinds: dict[bool, str] = {}
    for body in story.objects("bodies"):
        if body.text("role").lower() in {"main", ""}:
            is_text = body.text("contentType") == "text/plain"
            kinds.setdefault(is_text, body.text("value"))
    if html := kinds.get(False) or story.text("body_html", "body_xhtml"):
        return html
    return bodies.from_text(kinds.get(True) or story.text("body_text"))


def _located(story: JSONObject) -> str:
    """1.x and 2.x have a text, Superdesk a `dateline` with one."""
    value = story.values.get("located")
    return value if isinstance(value, str) else ""


def _authors(story: JSONObject) -> list[Author]:
    """The people who made the story; those it is about have another `rel`, or none."""
    return [
        Author(person.text("name"), _role(person))
        for person in story.objects("people", "person")
        if _role(person) in MAKERS
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
    return section, [*tags, *story.texts("keywords")], subjects


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
    if name := next(filter(None, named), ""):
        return name
    if uri.startswith("tag:"):
        return uri.removeprefix("tag:").partition(",")[0]
    if uri.startswith("urn:newsml:"):
        return uri.split(":")[2]
    return host_of(uri)


def _web_address(story: JSONObject, uri: str) -> str:
    for rendition in story.named_things("renditions"):
        if rendition.text("name").lower() in {"web", "canonical"}:
            return rendition.text("href")
    return uri


def _lead_image(story: JSONObject) -> LeadImage | None:
    pictures = [
        association
        for association in story.named_things("associations")
        if association.text("type") in {"picture", "graphic", ""}
    ]
    main = [p for p in pictures if {p.text("rel"), p.text("name")} & {"mainImage", "featureMedia"}]
    for picture in main or pictures:
        caption = _of_role(picture, "descriptions", "caption") or _abstract(picture)
        return LeadImage(
            caption=bodies.plain(caption or picture.text("headline")),
            alt_text=bodies.plain(
                _of_role(picture, "descriptions", "alttext")
                or _of_role(picture, "descriptions", "alt")
            ),
            credit=picture.text("by", "byline") or picture.text("copyrightHolder"),
            url=_largest_rendition(picture),
        )
    return None


def _largest_rendition(picture: JSONObject) -> str:
    """The address of the widest one that is a picture; those without a width come last."""
    found = [
        (rendition.whole("width"), rendition.text("href"))
        for rendition in picture.named_things("renditions")
        if rendition.text("contentType", "mimetype", "format").lower() in PICTURES
    ]
    return max((each for each in found if each[1]), default=(0, ""))[1]
