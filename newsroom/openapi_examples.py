"""Examples for OpenAPI, by the name of the component or of the parameter; a test checks each against its schema."""

from typing import Any

from articles.problems import PAGE

_ID = "0193a5c2-7b1e-7c3f-9a44-5d2c8e1f6a70"
_SLUG = "kelp-forest-returns"
_SITE = "https://news.example"
_URL = f"{_SITE}/articles/{_SLUG}/"
_PAGE_OF_SITE = "https://blog.example/2026/kelp/"
_TOKEN = "kX2m…"  # noqa: S105  # an example
_AT = "2026-11-26T14:22:31.000Z"

_KINDS = ("like", "dislike", "love", "funny", "angry", "sad", "wow")


def _counts(*values: int) -> dict[str, int]:
    return dict(zip(_KINDS, values, strict=True))


_COUNTS = _counts(12, 1, 7, 0, 2, 0, 3)
_NONE = _counts(0, 0, 0, 0, 0, 0, 0)
_LOVE = _counts(0, 0, 7, 0, 0, 0, 0)

_ENTRY: dict[str, Any] = {
    "id": _ID,
    "slug": _SLUG,
    "url": _URL,
    "headline": "The kelp forest returns",
    "abstract": "Divers count four times as many plants as ten years ago.",
    "dateline": {
        "text": "MONTEREY, Nov 26",
        "place": "Monterey",
        "date": "2026-11-26",
        "source": "",
    },
    "byline": "By Ada Moe",
    "section": {"slug": "science", "name": "Science"},
    "tags": [{"slug": "sea", "name": "Sea"}],
    "language": "en",
    "site": None,
    "first_published_at": "2026-11-26T09:00:00Z",
    "published_at": "2026-11-26T09:00:00Z",
    "published_offset": "+01:00",
    "content_modified_at": "2026-11-26T09:00:00Z",
    "version": 3,
}
_ARTICLE = {
    **_ENTRY,
    "reactions": {"state": "open", "allowed": [*_KINDS], "counts": _COUNTS, "total": 25},
    "body_html": "<p>The sea off Monterey is green again.</p>",
    "authors": [{"name": "Ada Moe", "slug": "ada-moe", "role": ""}],
    "lead_image": None,
    "media": [],
    "corrections": [],
}
_EDITORIAL = {
    **_ARTICLE,
    "state": "published",
    "pub_status": "usable",
    "allowed_moves": ["correct", "unpublish", "retract", "kill"],
    "guid": f"tag:news.example,2026:{_SLUG}",
    "word_count": 8,
    "subjects": [],
    "translation_of": None,
    "source": "",
    "urgency": None,
    "publish_at": None,
    "embargoed_until": None,
    "expires_at": None,
    "body_markdown": "The sea off Monterey is green again.",
    **dict.fromkeys(
        (
            *("subheadline", "short_headline", "slugline", "article_type"),
            *("source_item_id", "source_version", "source_url", "canonical_url"),
            *("copyright_holder", "copyright_notice", "usage_terms", "credit_line"),
            *("ed_note", "editor_note"),
        ),
        "",
    ),
}
_SHOWN = {
    "article": _ID,
    "state": "open",
    "allowed": [*_KINDS],
    "counts": _COUNTS,
    "total": 25,
    "version": 41,
    "as_of": _AT,
}
_UNKNOWN = {
    "article": "no-such-story",
    "error": "There is no such article, or its reactions are not shown.",
}
_POLICY = {
    "state": "open",
    "allowed": ["love", "sad"],
    "closes_at": None,
    "close_after_days": 14,
}
_WAVE = {
    "id": 17,
    "article": _ID,
    "rule": "network",
    "state": "held",
    "size": 5,
    "networks": 1,
    "started_at": "2026-11-26T14:01:12.000Z",
    "last_at": "2026-11-26T14:03:40.000Z",
    "decisions": [],
}
_DECISION = {"state": "void", "note": "Sent by one script."}

_KEY = {
    "name": "Mirror",
    "prefix": "4f1c09ab77",
    "scopes": ["articles:read", "stats:read"],
    "created_at": "2026-11-01T09:00:00Z",
    "expires_at": None,
    "last_used_at": "2026-11-26T14:22:00Z",
    "old_key_valid_until": None,
    "limits": [{"policy": "key-reads", "quota": 600, "window_seconds": 60}],
}
_WEBHOOK = {
    "id": 3,
    "url": "https://app.example/hooks/newsroom",
    "description": "Front page of the app",
    "types": ["article.published", "reactions.changed"],
    "interval": 10,
    "active": True,
    "disabled_reason": "",
    "failing_since": None,
    "created_at": "2026-11-01T09:00:00Z",
}
_DELIVERY = {
    "id": _ID,
    "webhook_id": f"msg_{_ID.replace('-', '')}",
    "type": "article.published",
    "state": "delivered",
    "created_at": "2026-11-26T09:00:00Z",
    "attempts": 1,
    "attempted_at": "2026-11-26T09:00:01Z",
    "next_attempt_at": None,
    "status": 204,
    "error": "",
    "answer": "",
}

EXAMPLES: dict[str, Any] = {
    "KeyAnswer": _KEY,
    "NewSecret": {**_KEY, "key": "nr_4f1c09ab77_…"},
    "Rotation": {"overlap_seconds": 86_400},
    "WebhookInput": {
        "url": "https://app.example/hooks/newsroom",
        "types": ["article.published", "reactions.changed"],
    },
    "WebhookChange": {"active": True},
    "WebhookAnswer": _WEBHOOK,
    "WebhookWithSecret": {**_WEBHOOK, "secret": "whsec_…", "old_secret_valid_until": None},
    "DeliveryAnswer": _DELIVERY,
    "PaginatedDeliveryAnswerList": {"next": None, "previous": None, "results": [_DELIVERY]},
    "ResendInput": {"state": "failed", "since": "2026-11-26T09:00:00Z"},
    "Resent": {"resent": 12},
    "ViewInput": {"article": _SLUG},
    "ArticleList": {
        "next": f"{_SITE}/api/v1/articles/?before=1795683600000000-{_ID.replace('-', '')}",
        "previous": None,
        "results": [{**_ENTRY, "reactions": {"total": 25}}],
    },
    "ArticleAnswer": _ARTICLE,
    "EditorialArticle": _EDITORIAL,
    "Draft": {
        "headline": "The bridge is open",
        "slug": "bridge-open",
        "body_markdown": "It opened at noon.",
        "authors": [{"name": "Ada Moe"}],
        "section": "Town",
        "tags": ["Traffic"],
    },
    "ArticleChanges": {"headline": "The bridge is open again", "tags": ["Traffic", "Harbour"]},
    "Simple": {"note": "Read by the night desk."},
    "Scheduling": {"publish_at": "2026-11-27T06:00:00Z"},
    "Correcting": {
        "text": "An earlier version misstated the length of the bridge.",
        "kind": "correction",
        "changes": {"body_markdown": "It is 300 metres long."},
    },
    "Retracting": {"text": "The document on which this story was based is a forgery."},
    "MergeInput": {"into": _SLUG},
    "AddressInput": {"url": _PAGE_OF_SITE, "canonical": True},
    "AddressList": {
        "article": _ID,
        "results": [
            {"url": _PAGE_OF_SITE, "canonical": True, "created_at": "2026-11-26T09:00:00Z"}
        ],
    },
    "Counts": _SHOWN,
    "ManyCounts": {"results": [_SHOWN, _UNKNOWN]},
    "Mine": {"article": _ID, "reactions": ["love"]},
    "ManyMine": {"results": [{"article": _ID, "reactions": ["love"]}, _UNKNOWN]},
    "ReactionsInput": {"reactions": ["love"]},
    "OwnChange": {
        "article": _ID,
        "reactions": ["love"],
        "previous": [],
        "changed": True,
        "counts": _COUNTS,
        "total": 25,
        "version": 41,
        "as_of": _AT,
    },
    "SignIn": {"jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"},
    "Token": {"token": _TOKEN},
    "Erased": {"erased": 3},
    "Export": {
        "reactions": [
            {
                "article": _ID,
                "slug": _SLUG,
                "reactions": ["love"],
                "previous": [],
                "changed_at": _AT,
                "held": False,
            }
        ]
    },
    "SightingInput": {"url": _PAGE_OF_SITE},
    "SightingAnswer": {"article": _ID, "state": "registered"},
    "SiteHere": {"site": "The harbour blog", "registers": True},
    "PolicyInput": _POLICY,
    "ArticlePolicy": {
        **_POLICY,
        "article": _ID,
        "in_effect": {
            "state": "open",
            "allowed": ["love", "sad"],
            "closes_at": "2026-12-10T09:00:00.000Z",
        },
    },
    "WaveAnswer": _WAVE,
    "PaginatedWaveAnswerList": {"next": None, "previous": None, "results": [_WAVE]},
    "DecisionInput": _DECISION,
    "Statistics": {
        "article": _ID,
        "timezone": "Europe/Oslo",
        "as_of": _AT,
        "current": _COUNTS,
        "series": [{"start": "2026-11-26T15:00:00+01:00", "added": _LOVE, "removed": _NONE}],
        "imported": _NONE,
        "imported_at": None,
    },
    "Figures": {
        "query": {
            "metrics": ["came", "per_story"],
            "dimensions": ["section"],
            "date_range": ["2026-11-20T00:00:00+01:00", "2026-11-26T15:22:31+01:00"],
            "running": True,
            "compare": None,
            "published": None,
            "timezone": "Europe/Berlin",
            "week_start": "monday",
            "limit": 100,
            "offset": 0,
        },
        "as_of": _AT,
        "results": [{"dimensions": ["town"], "names": ["Town"], "metrics": [431, 35.9]}],
        "totals": {"metrics": [431, 35.9], "comparison": None},
        "rows": 1,
        "truncated": False,
    },
    "Problem": {
        "type": f"{_SITE}{PAGE}#problem:closed",
        "title": "Conflict",
        "status": 409,
        "code": "closed",
        "detail": "Reactions to this article are closed.",
    },
}

# What a parameter gets beside what its view says.
PARAMETERS: dict[str, dict[str, Any]] = {
    "article": {"description": "The id or slug of an article.", "example": _SLUG},
    "webhook": {"description": "The number of a webhook.", "example": 3},
    "delivery": {"description": "The id of a delivery.", "example": _ID},
    "type": {"description": "A type of messages."},
    "state": {"description": "Only those in this state."},
    "wave": {"description": "The number of a wave.", "example": 17},
    "kind": {"description": "A kind of reactions."},
    "articles": {"example": f"{_ID},{_SLUG}"},
    "Idempotency-Key": {"example": "import-2026-11-26-17"},
    "If-Match": {"example": '"3"'},
    "cursor": {"description": "`next` of another answer."},
    "interval": {"description": "How long each interval is."},
    "offset": {"description": "How many rows are left out at the beginning."},
    "week_start": {"description": "The day on which weeks begin."},
}
