"""The styles of a mail, on its elements: mail programs ignore style sheets."""

import css_inline


def with_styles(html: str) -> str:
    """The page with each rule of its <style> on the elements that it is for. Loads nothing."""
    return css_inline.inline(html, load_remote_stylesheets=False, keep_style_tags=False)
