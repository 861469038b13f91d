"""Pages of a site, as its server sends them."""

import json

from tests.articles.test_http_client import Answer, answer


def page(
    title: str = "The bridge is open",
    *,
    canonical: str = "",
    head: str = "",
    body: str = "",
    **linked: str,
) -> Answer:
    """An answer with this page; `linked` is its JSON-LD."""
    data = json.dumps({"@type": "NewsArticle", "headline": title, **linked}) if linked else ""
    html = (
        f"<!doctype html><html lang=de><head><title>{title}</title>{head}"
        + (f'<link rel="canonical" href="{canonical}">' if canonical else "")
        + (f'<script type="application/ld+json">{data}</script>' if data else "")
        + f"</head><body>{body}</body></html>"
    )
    return answer(html.encode(), Content_Type="text/html; charset=utf-8")
