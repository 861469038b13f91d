"""An empty DRF view under the product's own settings and middleware: what the framework alone costs."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

os.environ["DJANGO_SETTINGS_MODULE"] = "newsroom.settings"
application = get_wsgi_application()


class Empty(APIView):
    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("empty/", Empty.as_view())]
settings.ROOT_URLCONF = __name__
