"""The shapes of the articles' JSON, for answers, for queries, and for their description."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from articles.fields import FIELDS
from articles.hooks import ReactionTotal, reaction_hooks
from articles.markup import with_absolute_pictures
from articles.models import Article, Media, PubStatus, State
from articles.offsets import written
from articles.pages.search import QUERY_LENGTH, Place
from articles.pagination import Made, Position
from articles.workflow import Transition, allowed_transitions

Shape = serializers.Serializer[Any]


class UTCField(serializers.DateTimeField):
    """A time as RFC 3339 in UTC, independent of the site's time zone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


class OffsetField(serializers.CharField):
    """Minutes east of UTC as `+03:00`."""

    def to_representation(self, value: Any) -> str:
        return written(int(value))


class PositionField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Any:
        try:
            text = super().to_internal_value(data)
            if "_" in text:
                return Place.parse(text)
            return Position.parse(text) if "-" in text else Made.parse(text)
        except ValueError as error:
            raise serializers.ValidationError(str(error).capitalize()) from None


class StatesField(serializers.CharField):
    """`draft,in_review`: the states, separated by commas."""

    def to_internal_value(self, data: Any) -> Any:
        states = super().to_internal_value(data).split(",")
        if unknown := sorted(set(states) - set(State.values)):
            raise serializers.ValidationError(f"{unknown[0]!r} is not a state.")
        return states


class Label(Shape):
    slug = serializers.CharField()
    name = serializers.CharField()


class Author(Shape):
    name = serializers.CharField(source="author.name")
    slug = serializers.CharField(source="author.slug")
    role = serializers.CharField()


class DatelineParts(Shape):
    text = serializers.CharField(source="dateline_text", help_text="As it is printed.")
    place = serializers.CharField(source="dateline_place")
    date = serializers.DateField(source="dateline_date", allow_null=True, help_text="At the place.")
    source = serializers.CharField(source="dateline_source", help_text="The agency.")  # type: ignore[assignment]  # a field may have the name of an option

    def to_representation(self, instance: Article) -> dict[str, Any] | None:  # type: ignore[override]  # null where there is none
        return super().to_representation(instance) if instance.dateline_text else None


class FocalPoint(Shape):
    x = serializers.FloatField(source="focal_x", help_text="0 is the left edge, 1 the right one.")
    y = serializers.FloatField(source="focal_y", help_text="0 is the upper edge, 1 the lower one.")


class Rendition(Shape):
    name = serializers.CharField(help_text="320w, or a crop such as 16x9 with its focal point.")
    url = serializers.URLField()
    content_type = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField(source="byte_size")


class Picture(Shape):
    """A picture; `url`, `width` and `height` are null while there is only a description."""

    caption = serializers.CharField()
    alt_text = serializers.CharField()
    credit = serializers.CharField()
    url = serializers.URLField(allow_null=True, help_text="In full size.")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    focal_point = FocalPoint(source="*")
    renditions = Rendition(many=True, help_text="None until a worker has made them.")

    def to_representation(self, instance: Media) -> dict[str, Any]:
        shown = super().to_representation(instance)
        unknown = {} if instance.file else dict.fromkeys(("url", "width", "height"))
        return shown | unknown


class Correction(Shape):
    kind = serializers.CharField()
    text = serializers.CharField()
    published_at = UTCField()


class ReactionsTotal(Shape):
    total = serializers.IntegerField(allow_null=True, help_text="null where it is not known.")


class ReactionsSummary(Shape):
    state = serializers.ChoiceField(
        ["open", "closed", "hidden", "missing"],
        allow_null=True,
        help_text="`missing` where readers cannot see the article; null where it is not known.",
    )
    allowed = serializers.ListField(child=serializers.CharField())
    counts = serializers.DictField(
        child=serializers.IntegerField(allow_null=True), help_text="By kind."
    )
    total = serializers.IntegerField(allow_null=True, help_text="null where it is not known.")


class ArticleEntry(Shape):
    """An article in a list: all but its text. Its `context` holds `totals`, from the reaction hooks."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    url = serializers.URLField()
    headline = serializers.CharField()
    abstract = serializers.CharField()
    dateline = DatelineParts(source="*", allow_null=True)
    byline = serializers.CharField()
    section = Label(allow_null=True)
    tags = Label(source="ordered_tags", many=True)
    language = serializers.CharField(help_text="BCP 47.")
    site = serializers.CharField(
        source="site.name",
        default=None,
        allow_null=True,
        help_text="The site that publishes it; null: this one.",
    )
    first_published_at = UTCField(allow_null=True, help_text="Never changes; null in a draft.")
    published_at = UTCField(
        allow_null=True, help_text="Shown to readers; orders lists. null in a draft."
    )
    published_offset = OffsetField(
        allow_null=True,
        help_text="The offset in which `published_at` was filed; null where that is not known.",
    )
    content_modified_at = UTCField(
        allow_null=True, help_text="The last change that readers would notice; null in a draft."
    )
    version = serializers.IntegerField()
    reactions = serializers.SerializerMethodField()

    @extend_schema_field(ReactionsTotal)
    def get_reactions(self, article: Article) -> Mapping[str, object]:
        totals: Mapping[object, ReactionTotal] = self.context["totals"]
        return {"total": totals.get(article.id, ReactionTotal()).total}


class EditorialEntry(ArticleEntry):
    """An article in a list by state, for keys."""

    state = serializers.ChoiceField(State.choices)


class BodyField(serializers.CharField):
    """The body with whole addresses of its pictures."""

    def to_representation(self, value: str) -> str:
        return with_absolute_pictures(super().to_representation(value))


class ArticleAnswer(ArticleEntry):
    """One article in full."""

    body_html = BodyField(help_text="Safe to show; without the dateline.")
    authors = Author(source="author_links", many=True, help_text="In the order of the byline.")
    lead_image = Picture(allow_null=True)
    media = Picture(source="gallery", many=True, help_text="Further pictures, in their order.")
    corrections = Correction(many=True, help_text="The oldest first.")

    @extend_schema_field(ReactionsSummary)
    def get_reactions(self, article: Article) -> Mapping[str, object]:
        return reaction_hooks().summary(article.id)


class EditorialArticle(ArticleAnswer):
    """One article as its desk sees it, also where the public does not."""

    state = serializers.ChoiceField(State.choices)
    pub_status = serializers.ChoiceField(PubStatus.choices)
    allowed_moves = serializers.SerializerMethodField()
    guid = serializers.CharField()
    word_count = serializers.IntegerField()
    subjects = serializers.ListField(child=serializers.CharField())
    translation_of = serializers.UUIDField(source="translation_of_id", allow_null=True)
    source = serializers.CharField(source="source.name", default="")  # type: ignore[assignment]  # as above
    urgency = serializers.IntegerField(allow_null=True)
    publish_at = UTCField(allow_null=True)
    embargoed_until = UTCField(allow_null=True)
    expires_at = UTCField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """Those declared, and every other field of an article, in the order of `articles.fields`."""
        declared: dict[str, Any] = dict(super().get_fields())
        public = ArticleAnswer._declared_fields
        editorial = {
            field.name: declared.pop(field.name, None)
            or serializers.CharField(help_text=field.help_text or None)
            for field in FIELDS
            if field.name not in public
        }
        return declared | editorial

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": list(Transition)}})
    def get_allowed_moves(self, article: Article) -> list[str]:
        return [str(transition) for transition in allowed_transitions(article)]


class ArticleList(Shape):
    next = serializers.URLField(allow_null=True, help_text="Older articles.")
    previous = serializers.URLField(allow_null=True, help_text="Newer articles.")
    results = ArticleEntry(many=True)


class ArticleQuery(Shape):
    """The parameters of the list call."""

    q = serializers.CharField(
        required=False,
        max_length=QUERY_LENGTH,
        help_text='Words, "a phrase", or, -without; the most relevant first.',
    )
    section = serializers.CharField(required=False, help_text="A section's slug.")
    tag = serializers.CharField(required=False, help_text="A tag's slug.")
    author = serializers.CharField(required=False, help_text="An author's slug.")
    source = serializers.CharField(required=False, help_text="A source, or a dateline's agency.")  # type: ignore[assignment]  # as above
    site = serializers.CharField(
        required=False,
        help_text="The name of a site that embeds the widget: its articles, which other lists leave out.",
    )
    language = serializers.CharField(required=False, help_text="en finds en-GB too.")
    published_after = UTCField(required=False, help_text="At this time or later.")
    published_before = UTCField(required=False, help_text="Before this time.")
    state = StatesField(
        required=False,
        help_text="States, separated by commas, such as draft,in_review: the newest made first, each with its `state`. "
        "Needs a key with articles:read or articles:write.",
    )
    before = PositionField(required=False, help_text="A position, as `next` has it.")
    after = PositionField(required=False, help_text="A position, as `previous` has it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "before" in attrs and "after" in attrs:
            raise serializers.ValidationError({"after": "Cannot be combined with before."})
        if "state" in attrs and "q" in attrs:
            raise serializers.ValidationError({"q": "Cannot be combined with state."})
        kind = Place if "q" in attrs else Made if "state" in attrs else Position
        for name in {"before", "after"} & attrs.keys():
            if type(attrs[name]) is not kind:
                raise serializers.ValidationError({name: "Is a position in another list."})
        return attrs
