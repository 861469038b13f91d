"""The textbook app's addresses."""

from rest_framework.routers import SimpleRouter

from tests.bench.textbook.views import ArticleViewSet

router = SimpleRouter()
router.register("articles", ArticleViewSet)
urlpatterns = router.urls
