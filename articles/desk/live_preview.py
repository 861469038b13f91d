"""Renders the text that an editor is typing with the code of the public page."""

from collections.abc import Mapping
from typing import Any

from articles import dateline, markup
from articles.fields import DATELINE_PARTS
from articles.validation import BODY_BYTES, DatelineShape


def render_preview(form_data: Mapping[str, str]) -> dict[str, Any]:
    """The sanitised HTML, the dateline, the number of words, and `objections` to what the HTML leaves out."""
    text, line = form_data.get("body_markdown", ""), _dateline(form_data)
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


def _dateline(form_data: Mapping[str, str]) -> str:
    """The rendered dateline of the form, or its hidden field `dateline_text`; empty while a part is invalid."""
    if "dateline_text" in form_data:
        return form_data["dateline_text"]
    parts = {part: form_data.get(f"dateline_{part}", "") for part in DATELINE_PARTS}
    serializer = DatelineShape(data={part: value for part, value in parts.items() if value})
    if not serializer.is_valid():
        return ""
    return dateline.render(**serializer.validated_data, language=form_data.get("language") or "en")
