"""The textbook app's addresses."""

from rest_framework.routers import SimpleRouter

from tests.bench.textbook.views import StoryViewSet

router = SimpleRouter()
router.register("stories", StoryViewSet)
urlpatterns = router.urls
