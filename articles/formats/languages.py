"""Language tags in their usual case."""

import re

# BCP 47 as newsrooms use it: language, script, region, variants.
LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*)",
    re.IGNORECASE,
)


def language_tag(text: str) -> str:
    """`zh-hant-tw` as `zh-Hant-TW`; empty where it is no language tag."""
    match = LANGUAGE.fullmatch(text)
    if not match:
        return ""
    script, region = match["script"] or "", match["region"] or ""
    parts = [match["language"].lower(), script.title(), region.upper()]
    return "-".join(filter(None, parts)) + match["variants"].lower()
