"""JSON from outside, asked for by name; what is not of the type asked for becomes a mistake."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from articles.formats.wire import Item, decoded, refusal

LISTED = 10_000  # entries of one list that are looked at; the checks of a story allow far fewer


def load(content: bytes, name: str) -> Any:
    """Raises StoryError for what is no JSON, or is too large or too deep."""
    text = decoded(content, name)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise refusal(name, f"not JSON: {error.msg}.", error.lineno) from None
    except RecursionError:
        raise refusal(name, "the JSON is nested too deeply.") from None
    except ValueError:  # NaN, or an integer of more than 4,300 digits
        raise refusal(name, "not JSON: a number is not allowed.") from None


@dataclass(frozen=True, slots=True)
class JSONObject:
    """A JSON object whose names are compared without regard to case."""

    values: Mapping[str, Any]
    item: Item
    prefix: str = ""

    @classmethod
    def of(cls, value: Any, item: Item, prefix: str = "") -> "JSONObject":
        if not isinstance(value, dict):
            item.refuse(prefix.rstrip(".") or "the item", "must be an object.")
            value = {}
        return cls({key.lower(): content for key, content in value.items()}, item, prefix)

    def text(self, *keys: str) -> str:
        """The text under the first of these names that has one."""
        for key in keys:
            value = self.values.get(key.lower())
            if isinstance(value, str) and value.strip():
                return value
            if value is not None and not isinstance(value, str):
                self.item.refuse(f"{self.prefix}{key}", "must be text.")
        return ""

    def number(self, key: str) -> str:
        """A whole number as text, so that it is checked where the texts of other formats are."""
        value = self.values.get(key.lower())
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, int):
            self.item.refuse(f"{self.prefix}{key}", "must be a whole number.")
            return ""
        return str(value) if abs(value) < 10**9 else "a large number"

    def whole(self, key: str) -> int:
        """A whole number that only helps to choose: 0 where there is none."""
        value = self.values.get(key.lower())
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def texts(self, key: str) -> list[str]:
        found = []
        for value in self._list(key):
            if isinstance(value, str):
                found.append(value)
            else:
                self.item.refuse(f"{self.prefix}{key}", "must be a list of texts.")
                break
        return found

    def objects(self, *keys: str) -> list["JSONObject"]:
        """The objects in the list under the first of these names that has one."""
        for key in keys:
            if values := self._list(key):
                return [JSONObject.of(value, self.item, f"{self.prefix}{key}.") for value in values]
        return []

    def named_things(self, key: str) -> list["JSONObject"]:
        """The objects of a list, or of a mapping, where each one's key becomes its name."""
        value = self.values.get(key.lower())
        if not isinstance(value, dict):
            return self.objects(key)
        if len(value) > LISTED:
            self.item.refuse(
                f"{self.prefix}{key}", f"has {len(value)} entries; {LISTED} are allowed."
            )
            return []
        return [
            JSONObject.of({"name": name, **content}, self.item, f"{self.prefix}{key}.")
            for name, content in value.items()
            if isinstance(content, dict)
        ]

    def _list(self, key: str) -> list[Any]:
        value = self.values.get(key.lower())
        if value is None:
            return []
        if not isinstance(value, list):
            self.item.refuse(f"{self.prefix}{key}", "must be a list.")
            return []
        if len(value) > LISTED:
            self.item.refuse(
                f"{self.prefix}{key}", f"has {len(value)} entries; {LISTED} are allowed."
            )
            return []
        return value


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError
