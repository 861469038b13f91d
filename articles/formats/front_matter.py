"""Front matter read field by field, so that every mistake is found at once, each with its line: YAML, JSON or TOML.

PyYAML's `compose` gives nodes with their lines and builds no objects: a tag such as !!python is only
a word to refuse, and an alias only a second mention of a node. JSON is YAML; TOML is turned into the same nodes.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

import yaml

from articles.formats.story import Mistake

CHARACTERS = 64 * 1024  # PyYAML reads about 100 kB/s; far above what is written by hand
DEPTH = 20  # of lists and mappings in brackets; PyYAML takes a second for 300
BRACKET = re.compile(r"[\[{]|[\]}]")
FIRST_LINE = 2  # below the opening ---
YAML = "tag:yaml.org,2002:"
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TOML_PLACE = re.compile(r" *\(at (?:line \d+, column \d+|end of document)\)")
_TOML_KEY = re.compile(r"""\s*+(?:\[+\s*+)?(?:([A-Za-z0-9_-]++)|["']([^"']*+)["'])\s*+[=.\]]""")
# Characters that break a database or reverse the direction of a line.
UNWELCOME = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\ud800-\udfff]")


@dataclass
class Notes:
    """The mistakes found in one file so far."""

    name: str
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, line: int | None, text: str) -> None:
        self.mistakes.append(Mistake(self.name, line, text))


@dataclass
class Fields:
    """One mapping; what is asked of it and cannot be had becomes a note."""

    notes: Notes
    line: int
    prefix: str = ""
    nodes: dict[str, yaml.Node] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        return _line(self.nodes[key]) if key in self.nodes else self.line

    def refuse(self, key: str, text: str) -> None:
        self.notes.add(self.line_of(key), f"{self.prefix}{key}: {text}")

    def text(self, key: str, *, longest: int, required: bool = False, literal: bool = False) -> str:
        """One line of text; empty where there is none.

        A `literal` field is read as it is written: YAML reads the country NO as false.
        """
        value = self._text_of(key, self.nodes[key], literal) if key in self.nodes else ""
        if value is None:
            return ""
        if required and not value:
            self.refuse(key, "is missing.")
        if len(value) > longest:
            self.refuse(key, f"has {len(value)} characters; {longest} are allowed.")
        return value

    def texts(self, key: str, *, longest: int, most: int) -> list[str]:
        """A list of texts."""
        node = self.nodes.get(key)
        if node is None or node.tag == f"{YAML}null":
            return []
        if not isinstance(node, yaml.SequenceNode) or node.tag != f"{YAML}seq":
            self.refuse(key, "must be a list.")
            return []
        if len(node.value) > most:
            self.refuse(key, f"has {len(node.value)} entries; {most} are allowed.")
            return []
        return [value for item in node.value if (value := self._entry(key, item, longest))]

    def entries(self, key: str, *, known: tuple[str, ...], most: int) -> "list[Fields]":
        """A list of mappings; an entry that is only a text gives the first field that is known."""
        node = self.nodes.get(key)
        if node is None or node.tag == f"{YAML}null":
            return []
        if not isinstance(node, yaml.SequenceNode) or node.tag != f"{YAML}seq":
            self.refuse(key, "must be a list.")
            return []
        if len(node.value) > most:
            self.refuse(key, f"has {len(node.value)} entries; {most} are allowed.")
            return []
        entries = [self._mapping(key, each, known) for each in node.value]
        return [entry for entry in entries if entry]

    def _mapping(self, key: str, node: yaml.Node, known: tuple[str, ...]) -> "Fields | None":
        if isinstance(node, yaml.ScalarNode):
            return Fields(self.notes, _line(node), f"{self.prefix}{key}.", {known[0]: node})
        return fields_of(node, known=known, notes=self.notes, name=key)

    def fields(self, key: str, *, known: tuple[str, ...]) -> "Fields | None":
        """A mapping inside this one."""
        node = self.nodes.get(key)
        if node is None or node.tag == f"{YAML}null":
            return None
        return fields_of(node, known=known, notes=self.notes, name=key)

    def _entry(self, key: str, node: yaml.Node, longest: int) -> str:
        value = self._text_of(key, node, literal=False)
        if value == "":
            self.notes.add(_line(node), f"{self.prefix}{key}: an entry is empty.")
        if value and len(value) > longest:
            self.notes.add(
                _line(node),
                f"{self.prefix}{key}: an entry has {len(value)} characters; {longest} are allowed.",
            )
        return value or ""

    def _text_of(self, key: str, node: yaml.Node, literal: bool) -> str | None:
        """The node's text, or None and a note."""
        if mistake := _objection_to(node, literal):
            self.notes.add(_line(node), f"{self.prefix}{key}: {mistake}")
            return None
        return "" if node.tag == f"{YAML}null" else " ".join(node.value.split())


def read(text: str, *, known: Iterable[str], notes: Notes, is_toml: bool = False) -> Fields | None:
    """The front matter's fields, or None and a note about why it cannot be read."""
    if len(text) > CHARACTERS:
        notes.add(1, f"the front matter has more than {CHARACTERS} characters.")
        return None
    if _depth(text) > DEPTH:
        notes.add(1, "the front matter is nested too deeply.")
        return None
    if is_toml:
        return _read_toml(text, known, notes)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.add(mark.line + FIRST_LINE if mark else None, f"not YAML: {error.problem}.")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + FIRST_LINE
        notes.add(line, f"not YAML: the character {text[error.position]!r} is not allowed.")
    except RecursionError:
        notes.add(1, "the front matter is nested too deeply.")
    else:
        return fields_of(node, known=known, notes=notes) if node else Fields(notes, line=1)
    return None


def _read_toml(text: str, known: Iterable[str], notes: Notes) -> Fields | None:
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        found = _TOML_LINE.search(str(error))
        line = int(found[1]) + FIRST_LINE - 1 if found else None
        notes.add(line, f"not TOML: {_TOML_PLACE.sub('', str(error))}.")
    except RecursionError:
        notes.add(1, "the front matter is nested too deeply.")
    else:
        lines: dict[str, int] = {}
        for number, line_text in enumerate(text.split("\n")):
            if key := _TOML_KEY.match(line_text):
                lines.setdefault(key[1] or key[2], number)
        pairs = [
            (_node(name, lines.get(name, 0)), _node(value, lines.get(name, 0)))
            for name, value in values.items()
        ]
        mark = _mark(0)
        return fields_of(
            yaml.MappingNode(f"{YAML}map", pairs, mark, mark), known=known, notes=notes
        )
    return None


def _node(value: object, line: int) -> yaml.Node:
    """A value of TOML as YAML would have it."""
    mark = _mark(line)
    if isinstance(value, dict):
        pairs = [(_node(name, line), _node(each, line)) for name, each in value.items()]
        return yaml.MappingNode(f"{YAML}map", pairs, mark, mark)
    if isinstance(value, list):
        return yaml.SequenceNode(f"{YAML}seq", [_node(each, line) for each in value], mark, mark)
    if isinstance(value, str):
        return yaml.ScalarNode(f"{YAML}str", value, mark, mark)
    if isinstance(value, bool):
        return yaml.ScalarNode(f"{YAML}bool", str(value).lower(), mark, mark)
    if isinstance(value, dt.date | dt.datetime | dt.time):
        return yaml.ScalarNode(f"{YAML}timestamp", value.isoformat(), mark, mark)
    kind = "int" if isinstance(value, int) else "float"
    return yaml.ScalarNode(f"{YAML}{kind}", str(value), mark, mark)


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line, 0, None, 0)


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in BRACKET.finditer(text):
        depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def fields_of(
    node: yaml.Node, *, known: Iterable[str], notes: Notes, name: str = ""
) -> Fields | None:
    if not isinstance(node, yaml.MappingNode) or node.tag != f"{YAML}map":
        notes.add(_line(node), f"{name or 'the front matter'}: must be fields with values.")
        return None
    fields = Fields(notes, _line(node) if name else 1, f"{name}." if name else "")
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value.lower() in known:
            key.value = key.value.lower()  # Hugo’s have capitals, and none of ours has
        if mistake := _objection_to_key(key, fields, known):
            notes.add(_line(key), mistake)
        else:
            fields.nodes[key.value] = value
    return fields


def _objection_to_key(key: yaml.Node, fields: Fields, known: Iterable[str]) -> str | None:
    if not isinstance(key, yaml.ScalarNode):
        return "a field's name must be text."
    if key.value in fields.nodes:
        return f"{fields.prefix}{key.value}: is listed twice."
    if key.value not in known:
        close = get_close_matches(key.value, known, n=1)
        hint = f"; is {close[0]!r} meant?" if close else "."
        return f"{fields.prefix}{key.value}: is not a field of a story{hint}"
    return None


def _objection_to(node: yaml.Node, literal: bool) -> str | None:
    """Why the node is not text; None where it is."""
    if not isinstance(node, yaml.ScalarNode):
        return "must be text."
    kind = node.tag.removeprefix(YAML)
    if kind not in {"str", "int", "float", "bool", "timestamp", "null", "value", "merge"}:
        return f"the YAML tag {node.tag.replace(YAML, '!!')!r} is not allowed."
    if kind not in {"str", "null"} and not literal:
        return f"must be text; put {node.value} in quotes."
    if found := UNWELCOME.search(node.value):
        return f"the character {found[0]!r} is not allowed."
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + FIRST_LINE
