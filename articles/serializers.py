"""The shapes of the articles' JSON, for answers, for queries, and for their description."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from articles.doors import Feeling, feelings
from articles.models import Article
from articles.pagination import Position

Shape = serializers.Serializer[Any]


class UTCField(serializers.DateTimeField):
    """A time as RFC 3339 in UTC, whatever zone the site shows its readers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


class PositionField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Any:
        try:
            return Position.parse(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error).capitalize()) from None


class Label(Shape):
    slug = serializers.CharField()
    name = serializers.CharField()


class Author(Label):
    role = serializers.CharField()


class DatelineParts(Shape):
    text = serializers.CharField(source="dateline_text", help_text="As the house prints it.")
    place = serializers.CharField(source="dateline_place")
    date = serializers.DateField(source="dateline_date", allow_null=True, help_text="At the place.")
    source = serializers.CharField(source="dateline_source", help_text="The agency.")  # type: ignore[assignment]  # a field may have the name of an option

    def to_representation(self, instance: Article) -> dict[str, Any] | None:  # type: ignore[override]  # null where there is none
        return super().to_representation(instance) if instance.dateline_text else None


class LeadImage(Shape):
    caption = serializers.CharField()
    alt_text = serializers.CharField()
    credit = serializers.CharField()


class Correction(Shape):
    kind = serializers.CharField()
    text = serializers.CharField()
    published_at = UTCField()


class ReactionsTotal(Shape):
    total = serializers.IntegerField(allow_null=True, help_text="null where it is not known.")


class ReactionsSummary(Shape):
    state = serializers.ChoiceField(["open", "closed"], allow_null=True)
    allowed = serializers.ListField(child=serializers.CharField())
    counts = serializers.DictField(
        child=serializers.IntegerField(allow_null=True), help_text="By kind."
    )
    total = serializers.IntegerField(allow_null=True, help_text="null where it is not known.")


class ArticleEntry(Shape):
    """An article in a list: all but its text. Its `context` holds `totals`, from the door."""

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
    first_published_at = UTCField(help_text="Never changes.")
    published_at = UTCField(help_text="Shown to readers; orders lists.")
    content_modified_at = UTCField(help_text="The last change that readers would notice.")
    version = serializers.IntegerField()
    reactions = serializers.SerializerMethodField()

    @extend_schema_field(ReactionsTotal)
    def get_reactions(self, article: Article) -> Mapping[str, object]:
        totals: Mapping[object, Feeling] = self.context["totals"]
        return {"total": totals.get(article.id, Feeling()).total}


class ArticleAnswer(ArticleEntry):
    """One article in full."""

    body_html = serializers.CharField(help_text="Safe to show; without the dateline.")
    authors = serializers.SerializerMethodField()
    lead_image = LeadImage(allow_null=True)
    corrections = serializers.SerializerMethodField()

    @extend_schema_field(Author(many=True))
    def get_authors(self, article: Article) -> list[object]:
        return []  # stories carry a byline only

    @extend_schema_field(Correction(many=True))
    def get_corrections(self, article: Article) -> list[object]:
        return []  # no story has been corrected by record

    @extend_schema_field(ReactionsSummary)
    def get_reactions(self, article: Article) -> Mapping[str, object]:
        return feelings().summary(article.id)


class ArticleList(Shape):
    next = serializers.URLField(allow_null=True, help_text="Older articles.")
    previous = serializers.URLField(allow_null=True, help_text="Newer articles.")
    results = ArticleEntry(many=True)


class ArticleQuery(Shape):
    """What the list call may be asked."""

    section = serializers.CharField(required=False, help_text="A section's slug.")
    tag = serializers.CharField(required=False, help_text="A tag's slug.")
    source = serializers.CharField(required=False, help_text="The agency of the dateline.")  # type: ignore[assignment]  # as above
    language = serializers.CharField(required=False, help_text="en finds en-GB too.")
    published_after = UTCField(required=False, help_text="At this time or later.")
    published_before = UTCField(required=False, help_text="Before this time.")
    before = PositionField(required=False, help_text="A position, as `next` has it.")
    after = PositionField(required=False, help_text="A position, as `previous` has it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "before" in attrs and "after" in attrs:
            raise serializers.ValidationError({"after": "Cannot be combined with before."})
        return attrs
