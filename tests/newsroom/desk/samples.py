"""One row of each model of the desk, the article and its picture published, all of them another user's."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from articles.models import (
    ApiKey,
    Article,
    ArticleAddress,
    ArticleMedia,
    ArticleTag,
    AuditEntry,
    Author,
    Feed,
    Lead,
    Media,
    Section,
    Sighting,
    Site,
    Source,
    Tag,
)
from articles.revisions import record_revision
from reactions.models import (
    DefaultPolicy,
    Report,
    Wave,
    WebhookDelivery,
    WebhookEndpoint,
)


def make_samples(article: Article) -> dict[str, Any]:
    """The key of each row by the name of its model."""
    now = timezone.now()
    other = User.objects.create_user("other", is_staff=True)
    section = Section.objects.create(name="World", slug="world")
    tag = Tag.objects.create(name="Bridges", slug="bridges")
    media = Media.objects.create(caption="At noon.", alt_text="A bridge")
    article.section, article.lead_image, article.created_by = section, media, other
    article.save()
    ArticleTag.objects.create(article=article, tag=tag, position=0)
    ArticleMedia.objects.create(article=article, media=media, position=0)
    source = Source.objects.create(name="AFP")
    site = Site.objects.create(name="Blog", origins=["https://blog.example.org"])
    page = "https://blog.example.org/a"
    endpoint = WebhookEndpoint.objects.create(
        url="https://receiver.example.org/", types=[], events_to=0, counts_to=0
    )
    wave = Wave.objects.create(
        article_id=article.pk,
        rule="article_rate",
        started_at=now,
        last_at=now,
        size=0,
        network_count=0,
        networks=[],
    )
    rows = {
        "article": article,
        "articlerevision": record_revision(article, kind="edit"),
        "section": section,
        "tag": tag,
        "media": media,
        "author": Author.objects.create(name="Ann Lee", slug="ann-lee"),
        "source": source,
        "feed": Feed.objects.create(url="https://afp.example/rss", source=source),
        "lead": Lead.objects.create(article=article, until=now + timedelta(hours=1)),
        "site": site,
        "sighting": Sighting.objects.create(site=site, url=page, key="blog.example.org/a"),
        "articleaddress": ArticleAddress.objects.create(
            site=site, article=article, url=page, key="blog.example.org/a"
        ),
        "apikey": ApiKey.objects.create(
            name="CMS", prefix="abcdef1234", secret_hash=b"x" * 32, scopes=["stats:read"]
        ),
        "reactedarticle": article,
        "defaultpolicy": DefaultPolicy.objects.create(name="World", section=section, state="open"),
        "wave": wave,
        "webhookendpoint": endpoint,
        "webhookdelivery": WebhookDelivery.objects.create(
            endpoint=endpoint, type="webhook.test", body="{}", give_up_at=now
        ),
        "report": Report.objects.create(
            user=other, period="day", first_day=now.date(), subject="Yesterday", html="<p>", text=""
        ),
        "user": other,
        "group": Group.objects.get(name="Authors"),
        "auditentry": AuditEntry.objects.earliest("pk"),
    }
    return {name: row.pk for name, row in rows.items()}
