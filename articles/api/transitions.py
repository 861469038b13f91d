"""The workflow by API: one call for each transition, by its name."""

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from articles import validation, workflow
from articles.api import serializers
from articles.api.api_keys import KEY
from articles.api.editing import WriteView, editor_of, target
from articles.api.repeatable import IDEMPOTENCY_KEY
from articles.api.validators import HEADERS_WRITTEN, IF_MATCH, described
from articles.models import Article


class TransitionView(WriteView):
    def transition(
        self,
        request: Request,
        address: str,
        shape: type[validation.StrictSerializer],
        act: Callable[..., Article],
    ) -> HttpResponse:
        article_id, expected_version = target(request, address)
        return self.write(
            request,
            shape,
            lambda values: act(
                article_id=article_id,
                expected_version=expected_version,
                editor=editor_of(request),
                **values,
            ),
            article_id=article_id,
        )


View = TypeVar("View", bound=Callable[..., HttpResponse])


def _described(
    operation_id: str, shape: type[validation.StrictSerializer]
) -> Callable[[View], View]:
    describe: Callable[[View], View] = extend_schema(
        operation_id=operation_id,
        auth=KEY,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, *HEADERS_WRITTEN],
        request=shape,
        responses=described(serializers.EditorialArticle),
    )
    return describe


class Submit(TransitionView):
    @_described("articles_submit", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Hands a draft in for review. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.submit)


class SendBack(TransitionView):
    @_described("articles_send_back", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Returns an article under review to its author, as a draft. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.send_back)


class Publish(TransitionView):
    @_described("articles_publish", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Shows the article to readers now. 400 while an embargo runs; 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.publish)


class Schedule(TransitionView):
    @_described("articles_schedule", validation.Scheduling)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Has the article published at `publish_at` or when its embargo ends: one of the two.

        400 for a time that has passed; 409 where its state forbids it.
        """
        return self.transition(request, article, validation.Scheduling, workflow.schedule)


class Deschedule(TransitionView):
    @_described("articles_deschedule", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Makes a scheduled article a draft again; an embargo stays. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.deschedule)


class LiftEmbargo(TransitionView):
    @_described("articles_lift_embargo", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Ends the embargo before its time. A scheduled article is a draft again; others keep their state.

        409 where there is no embargo, or the state forbids it.
        """
        return self.transition(request, article, validation.Simple, workflow.lift_embargo)


class Correct(TransitionView):
    @_described("articles_correct", validation.Correcting)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Publishes a correction notice; `changes` are applied with it. 409 where its state forbids it."""
        return self.transition(request, article, validation.Correcting, workflow.correct)


class Unpublish(TransitionView):
    @_described("articles_unpublish", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Removes the article from the site; it may be published again. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.unpublish)


class Retract(TransitionView):
    @_described("articles_retract", validation.Retracting)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Retracts the article: it stays public, the text of the retraction above it. 409 where its state forbids it."""
        return self.transition(request, article, validation.Retracting, workflow.retract)


class Kill(TransitionView):
    @_described("articles_kill", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Removes the article for good: its address answers 410. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.kill)


class Spike(TransitionView):
    @_described("articles_spike", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Puts an article aside that was never published. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.spike)


class Unspike(TransitionView):
    @_described("articles_unspike", validation.Simple)
    def post(self, request: Request, article: str) -> HttpResponse:
        """Makes a spiked article a draft again. 409 where its state forbids it."""
        return self.transition(request, article, validation.Simple, workflow.unspike)
