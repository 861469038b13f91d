"""The shapes of the API, for its OpenAPI description. The views do not serialise through them: that costs too much."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema_field,
)
from rest_framework import serializers

from reactions.host_readers.tokens import LONGEST_JWT
from reactions.kinds import BY_KEY, KINDS

KNOWN_READER: Any = [{"readerCookie": []}, {"readerToken": []}]
READER: Any = [*KNOWN_READER, {}]
KEY_OR_SESSION: Any = [{"key": []}, {"cookieAuth": []}]

ARTICLES = OpenApiParameter(
    "articles",
    {"type": "string", "pattern": "[^,]"},
    required=True,
    description="Up to 200 articles, ids, slugs or URLs, separated by commas; a comma in a URL as `%2C`.",
)

AT = OpenApiParameter(
    "at",
    str,
    description="Of no meaning: it makes an address new for a cache in front of the client, such as a service worker.",
)


def per_kind(name: str, *, nullable: bool, may_be_null: bool = False) -> Any:
    """A number for each kind; `nullable` where one of them may be unknown, `may_be_null` where there may be none."""
    fields = {
        kind.key: serializers.IntegerField(allow_null=nullable, min_value=0) for kind in KINDS
    }
    return type(name, (serializers.Serializer,), fields)(allow_null=may_be_null)


class Counts(serializers.Serializer[None]):
    article = serializers.UUIDField()
    state = serializers.ChoiceField(["open", "closed"], allow_null=True)
    allowed = serializers.ListField(child=serializers.ChoiceField(list(BY_KEY)))
    counts = per_kind("CountsByKind", nullable=True)
    total = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the counts last changed.")


class Unknown(serializers.Serializer[None]):
    article = serializers.CharField(help_text="As the call named it.")
    error = serializers.CharField()


def _or_unknown(name: str, known: type[serializers.Serializer[None]]) -> Any:
    """A list in which an unknown article is an entry of another shape."""
    entries = PolymorphicProxySerializer(
        component_name=name,
        serializers=[known, Unknown],
        resource_type_field_name=None,
        many=True,
    )

    @extend_schema_field(entries)
    class Entries(serializers.ListField):
        pass

    return Entries()


class ManyCounts(serializers.Serializer[None]):
    results = _or_unknown("CountsOrUnknown", Counts)


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "string", "enum": list(BY_KEY)},
        "uniqueItems": True,
        "description": "All that the reader has then; empty: none.",
    }
)
class _SetOfKinds(serializers.ListField):
    pass


class ReactionsInput(serializers.Serializer[None]):
    reactions = _SetOfKinds()


class Mine(serializers.Serializer[None]):
    article = serializers.UUIDField()
    reactions = serializers.ListField(child=serializers.ChoiceField(list(BY_KEY)))


class ManyMine(serializers.Serializer[None]):
    results = _or_unknown("MineOrUnknown", Mine)


class OwnChange(Mine):
    previous = serializers.ListField(child=serializers.ChoiceField(list(BY_KEY)))
    changed = serializers.BooleanField()
    counts = per_kind("CountsWithOwn", nullable=False)
    total = serializers.IntegerField()
    version = serializers.IntegerField()
    as_of = serializers.DateTimeField()


class SignIn(serializers.Serializer[None]):
    jwt = serializers.CharField(
        required=False,
        max_length=LONGEST_JWT,
        help_text="By which a site names its signed-in reader: aud, sub and exp, valid for a day at most.",
    )


class Token(serializers.Serializer[None]):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField(
        required=False, help_text="Of a site's signed-in reader: when its JWT expires."
    )


class SiteHere(serializers.Serializer[None]):
    site = serializers.CharField(help_text="Its name; on the installation's own pages, SITE_NAME.")
    registers = serializers.BooleanField(
        help_text="A page that is seen for the first time becomes an article."
    )


class Erased(serializers.Serializer[None]):
    erased = serializers.IntegerField(help_text="Articles to which this reader had reacted.")


class StoredReaction(Mine):
    slug = serializers.CharField(allow_null=True)
    previous = serializers.ListField(child=serializers.ChoiceField(list(BY_KEY)))
    changed_at = serializers.DateTimeField()
    held = serializers.BooleanField(help_text="Kept out of the counts, by a decision of an editor.")


class Export(serializers.Serializer[None]):
    reactions = StoredReaction(many=True)


class Period(serializers.Serializer[None]):
    start = serializers.DateTimeField(
        help_text="The instant at which the interval begins, in UTC. An hour that clocks show twice is two intervals; one "
        "that they skip is none."
    )
    added = per_kind("AddedByKind", nullable=False)
    removed = per_kind("RemovedByKind", nullable=False)


class Statistics(serializers.Serializer[None]):
    article = serializers.UUIDField()
    timezone = serializers.CharField()
    as_of = serializers.DateTimeField()
    current = per_kind("CurrentByKind", nullable=False)
    series = Period(many=True)
    imported = per_kind("ImportedByKind", nullable=False)
    imported_at = serializers.DateTimeField(
        allow_null=True, help_text="When an import last changed them."
    )
