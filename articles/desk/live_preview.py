"""What somebody is typing, as readers would see it: rendered by the same code as the page."""

from collections.abc import Mapping
from typing import Any

from articles import dateline, markup
from articles.fields import DATELINE_PARTS
from articles.validation import BODY_BYTES, DatelineShape


def render_typed(typed: Mapping[str, str]) -> dict[str, Any]:
    """The HTML is sanitised. What may not be published is missing from it, and named beside it."""
    text, line = typed.get("body_markdown", ""), _dateline(typed)
    if len(text.encode()) > BODY_BYTES:
        problem = f"The text is longer than the {BODY_BYTES:,} bytes that a story may have."
        return {"html": "", "dateline": line, "words": None, "objections": [problem]}
    rendered = markup.render(text)
    return {
        "html": markup.with_dateline(rendered.html, line),
        "dateline": line,
        "words": rendered.word_count,
        "objections": [f"Line {each.line}: {each.text}" for each in markup.list_objections(text)],
    }


def _dateline(typed: Mapping[str, str]) -> str:
    """That of the form; where it has none to type in, the one it carries. Nothing while half of it is there."""
    if "dateline_text" in typed:
        return typed["dateline_text"]
    parts = {part: typed.get(f"dateline_{part}", "") for part in DATELINE_PARTS}
    filed = DatelineShape(data={part: value for part, value in parts.items() if value})
    if not filed.is_valid():
        return ""
    return dateline.render(**filed.validated_data, language=typed.get("language") or "en")
