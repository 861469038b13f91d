"""The web app manifest: what a phone shows that puts the site on its home screen."""

import json

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles import conditional_get

# The background of the pages, site.css's --paper, in light and in dark.
PAPER = {"light": "#fdfcf9", "dark": "#151412"}
PNG_SIDES = (192, 512)  # pixels; what browsers ask for (https://web.dev/articles/add-manifest)


@require_safe
def manifest(request: HttpRequest) -> HttpResponseBase:
    """The manifest as JSON; shared caches may store it for a minute."""
    content = json.dumps(
        {
            "name": settings.SITE_NAME,
            "short_name": settings.SITE_NAME,
            "id": reverse("articles:front"),
            "start_url": reverse("articles:front"),
            "scope": reverse("articles:front"),
            "display": "minimal-ui",
            "theme_color": PAPER["light"],
            "background_color": PAPER["light"],
            "icons": [
                {
                    "src": static("articles/favicon.svg"),
                    "sizes": "any",
                    "type": "image/svg+xml",
                    "purpose": "any",
                },
                *(_png(side, purpose) for side in PNG_SIDES for purpose in ("any", "maskable")),
            ],
        },
        ensure_ascii=False,
    )
    return conditional_get.answer(request, content.encode(), "application/manifest+json")


def _png(side: int, purpose: str) -> dict[str, str]:
    """The drawing leaves the margin that a maskable icon needs, so that one file serves both purposes."""
    return {
        "src": static(f"articles/icons/{side}.png"),
        "sizes": f"{side}x{side}",
        "type": "image/png",
        "purpose": purpose,
    }
