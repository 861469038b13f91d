"""What a page finds out about its own site, before a reader's call fails there without a reason that it may read."""

from typing import Any

from django.conf import settings
from django.utils.cache import patch_vary_headers
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.views import ApiView
from reactions.http import schemas
from reactions.http.cors import site_of_origin


class Here(ApiView):
    @extend_schema(operation_id="sites_here", tags=["sites"], auth=[], responses=schemas.SiteHere)
    def get(self, request: Request) -> Response:
        """The site of the page that asks, by its `Origin`; 403 `origin_not_listed` where it is of none.

        Every origin may read it. The calls of readers are refused from an origin that is of no active site, and browsers
        hide from the page why.
        """
        rules = site_of_origin(request)
        here = {
            "site": rules.site.name if rules else settings.SITE_NAME,
            "registers": rules is not None and rules.site.registers,
        }
        return Response(here, headers={"Cache-Control": "no-store"})

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(final, ["Origin"])
        return final
