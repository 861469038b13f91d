"""The front matter of Jekyll, Hugo and Ghost, in the names of this product.

https://jekyllrb.com/docs/front-matter/, https://gohugo.io/content-management/front-matter/, and Ghost's export as Markdown.
What says how a page looks there is left out; a name that none of them has is refused by the reader of the fields.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from articles.formats.front_matter import YAML, Fields
from articles.formats.markdown_bodies import may_be_found

# The first that is there is taken, and one of our own names before any.
ALIASES = {
    "headline": ("title",),
    "published_at": ("publishdate", "date_published", "pubdate", "published_date", "date"),
    "abstract": ("custom_excerpt", "excerpt", "description", "summary", "subtitle"),
    "language": ("lang", "locale"),
    "authors": ("author",),
    "tags": ("tag", "keywords"),
}
SECTIONS = ("categories", "category", "primary_tag")
IMAGES = (
    "feature_image",
    "featured_image",
    "image",
    "cover",
    "thumbnail",
    "banner",
    "images",
    "og_image",
)
CAPTIONS = ("feature_image_caption", "image_caption")
ALTERNATIVES = ("feature_image_alt", "image_alt")
STATES = ("draft", "published", "status", "visibility")
# fmt: off
LOOKS = (
    "aliases", "author_profile", "canonical_url", "canonifyurls", "cascade", "classes", "comments", "created", "created_at", "date_created", "date_modified", "date_updated", "email_subject", "featured", "id",
    "iscjklanguage", "lastmod", "last_modified", "last_modified_at", "layout", "linktitle", "markup", "math", "mathjax", "menu", "menus", "meta_description",
    "meta_title", "modified", "nav_order", "og_description", "og_title", "outputs", "params", "permalink", "pin",
    "redirect_from", "redirect_to", "resources", "robots", "series", "share", "sidebar", "sitemap", "sticky", "toc", "translationkey",
    "twitter_description", "twitter_image", "twitter_title", "type", "updated", "updated_at", "url", "uuid", "weight", "expirydate", "build", "header", "custom_template", "codeinjection_head", "codeinjection_foot",
)
# fmt: on
NAMES = frozenset(
    {name for names in ALIASES.values() for name in names}
    | {*SECTIONS, *IMAGES, *CAPTIONS, *ALTERNATIVES, *STATES, *LOOKS}
)
_HIDDEN_STATES = {"draft": "true", "published": "false"}
_SHOWN = {"status": ("published", "sent", ""), "visibility": ("public", "")}


@dataclass(frozen=True, slots=True)
class Translation:
    """What the fields say besides: why the generator shows the page not to all, and which fields were left out."""

    hidden: str
    left_out: Sequence[str]
    has_image: bool
    is_of_generator: bool


def translate(fields: Fields) -> Translation:
    """Give the fields our names. Fields that no generator has stay as they are.

    Where one has, a value is read as it is written: a generator takes `title: 2026` and `tags: [NO]` for text.
    """
    nodes = fields.nodes
    is_of_generator = not NAMES.isdisjoint(nodes)
    if is_of_generator:
        for node in nodes.values():
            _take_as_text(node)
    hidden = _hidden_by(nodes)
    left_out: list[str] = []
    for ours, names in ALIASES.items():
        for name in names:
            if name not in nodes:
                continue
            if ours in nodes:
                nodes.pop(name)
                left_out.append(name)
            else:
                nodes[ours] = nodes.pop(name)
    _split_lists(nodes)
    left_out += _sort_sections(nodes)
    had_image = "lead_image" in nodes
    left_out += _gather_image(nodes)
    left_out += [name for name in LOOKS if nodes.pop(name, None) is not None]
    return Translation(hidden, left_out, not had_image and "lead_image" in nodes, is_of_generator)


def _hidden_by(nodes: dict[str, yaml.Node]) -> str:
    reason = ""
    for name in STATES:
        node = nodes.pop(name, None)
        if not isinstance(node, yaml.ScalarNode):
            continue
        value = node.value.strip().lower()
        if value not in _SHOWN.get(name, (value,)) or _HIDDEN_STATES.get(name) == value:
            reason = reason or f"{name}: {value}"
    return reason


def _split_lists(nodes: dict[str, yaml.Node]) -> None:
    """Lists that are written as one text, with commas; without any, tags have spaces between them, as Jekyll reads them."""
    for name in ("tags", "authors", *SECTIONS):
        node = nodes.get(name)
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{YAML}str":
            has_spaces = name == "tags" and "," not in node.value
            words = node.value.split(None if has_spaces else ",")
            texts = [_text(word.strip(), node) for word in words if word.strip()]
            nodes[name] = _list(texts, node)
        elif isinstance(node, yaml.MappingNode) and name == "authors":
            pairs = [(key, each) for key, each in node.value if key.value in ("name", "role")]
            person = yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
            nodes[name] = _list([person], node)


def _sort_sections(nodes: dict[str, yaml.Node]) -> list[str]:
    """The first category is the section; the others are tags."""
    left_out: list[str] = []
    found: list[yaml.Node] = []
    for name in SECTIONS:
        node = nodes.pop(name, None)
        if isinstance(node, yaml.SequenceNode):
            found += node.value
        elif node is not None and node.tag != f"{YAML}null":
            left_out.append(name)
    if found and "section" not in nodes:
        nodes["section"] = found.pop(0)
    tags = nodes.get("tags")
    if found and (tags is None or isinstance(tags, yaml.SequenceNode)):
        every = [*(tags.value if tags is not None else ()), *found]
        once: dict[str, yaml.Node] = {}
        for each in every:
            if _key(each) != _key(nodes["section"]):
                once.setdefault(_key(each), each)
        nodes["tags"] = _list(list(once.values()), every[0])
    return left_out


def _gather_image(nodes: dict[str, yaml.Node]) -> list[str]:
    found = [(name, nodes.pop(name)) for name in IMAGES if name in nodes]
    words = {
        "caption": next((nodes.pop(name) for name in CAPTIONS if name in nodes), None),
        "alt_text": next((nodes.pop(name) for name in ALTERNATIVES if name in nodes), None),
    }
    image = next((each for name, node in found for each in _addresses(node)), None)
    # An address below the site's own root is that of a file which is not here.
    if image is None or "lead_image" in nodes or not may_be_found(image.value.strip()):
        return [name for name, _ in found]
    own = {"image": image, **{key: node for key, node in words.items() if node is not None}}
    pairs = [(_text(key, image), node) for key, node in own.items()]
    nodes["lead_image"] = yaml.MappingNode(f"{YAML}map", pairs, image.start_mark, image.end_mark)
    return [name for name, node in found if image not in _addresses(node)]


def _addresses(node: yaml.Node) -> list[yaml.Node]:
    """The address of a picture: the value, the first of a list, or what a mapping calls so."""
    return [each for each in _candidates(node) if each.value.strip()]


def _candidates(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode) and node.tag == f"{YAML}str":
        yield node
    elif isinstance(node, yaml.SequenceNode):
        yield from (each for each in node.value[:1] if isinstance(each, yaml.ScalarNode))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            is_address = key.value in ("path", "url", "src", "image", "file")
            if is_address and isinstance(value, yaml.ScalarNode):
                yield value


def _take_as_text(node: yaml.Node) -> None:
    for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        kind = each.tag.removeprefix(YAML)
        if isinstance(each, yaml.ScalarNode) and kind in {"bool", "int", "float", "timestamp"}:
            each.tag = f"{YAML}str"


def _key(node: yaml.Node) -> str:
    return str(node.value).strip().lower()


def _text(value: str, at: yaml.Node) -> yaml.ScalarNode:
    return yaml.ScalarNode(f"{YAML}str", value, at.start_mark, at.end_mark)


def _list(items: Sequence[yaml.Node], at: yaml.Node) -> yaml.SequenceNode:
    return yaml.SequenceNode(f"{YAML}seq", list(items), at.start_mark, at.end_mark)
