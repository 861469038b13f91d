"""Sites of others that embed the widget, the addresses of their articles, and the pages that were seen first."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from articles.fields import MAX_LENGTH
from articles.sealed import SealedField

# A key is indexed, and an entry of an index has a page's third at most.
LONGEST_KEY = 1_000


class Site(models.Model):
    """A site of another publisher, or another site of one's own, whose pages show the widget.

    `articles.sites.rules` reads its origins, patterns and rules of addresses; no other module does.
    """

    class Theme(models.TextChoices):
        AUTO = "auto", "As the reader’s system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Algorithm(models.TextChoices):
        HS256 = "HS256", "HS256: a secret that both sides know"
        RS256 = "RS256", "RS256: keys of the site, by its JWKS"
        EDDSA = "EdDSA", "EdDSA: keys of the site, by its JWKS"

    name = models.CharField(max_length=100)
    active = models.BooleanField(
        default=True, help_text="Off: its pages are treated as those of an unknown site."
    )
    origins = ArrayField(
        models.CharField(max_length=255),
        help_text="Scheme, host and port, such as https://blog.example.org. The word null: frames that are sandboxed.",
    )
    url_patterns = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        help_text="Paths of its articles; * is any text, ! in front leaves out. Empty: every path but the root.",
    )
    registers = models.BooleanField(
        "registers pages",
        default=False,
        help_text="A page that is seen for the first time becomes an article.",
    )
    is_listed = models.BooleanField(
        default=False,
        help_text="Its articles are on the pages and in the feeds of this installation.",
    )
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.AUTO)

    query_parameters = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text="Parameters that distinguish articles, such as p. Every other one is ignored.",
    )
    has_amp_pages = models.BooleanField(
        default=True, help_text="/amp, .amp.html and ?amp are other forms of the same article."
    )
    has_mobile_hosts = models.BooleanField(
        default=True, help_text="www., m., mobile. and amp. before a host are the same site."
    )

    jwt_algorithm = models.CharField(
        "algorithm", max_length=10, choices=Algorithm, blank=True, help_text="Empty: none accepted."
    )
    jwt_audience = models.CharField(
        "audience", max_length=255, blank=True, help_text="The claim aud of its tokens."
    )
    jwt_issuer = models.CharField(
        "issuer", max_length=255, blank=True, help_text="The claim iss; empty: not verified."
    )
    jwt_secrets = SealedField(
        "secrets",
        blank=True,
        help_text="For HS256, one a line: a new one beside the old one while they are exchanged.",
    )
    jwks_url = models.URLField("JWKS address", max_length=1000, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            # The desk, and the filter `site` of the list call.
            models.UniqueConstraint(fields=["name"], name="articles_site_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ArticleAddress(models.Model):
    """An address of an article on a site. One is the canonical one; the others are its former and further ones.

    `key` is what all spellings of the address have in common (articles.sites.rules).
    """

    key = models.CharField(max_length=LONGEST_KEY)
    url = models.URLField("address", max_length=MAX_LENGTH["canonical_url"])
    # Its index shows the addresses of one article.
    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="addresses"
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # sites are few, and are deleted rarely
    )
    is_canonical = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "address"
        verbose_name_plural = "addresses"
        constraints = [
            # Every call that names an article by its URL; and one article for each.
            models.UniqueConstraint(fields=["key"], name="articles_address_key"),
            models.UniqueConstraint(
                fields=["article"],
                name="articles_one_canonical_address",
                condition=models.Q(is_canonical=True),
            ),
        ]

    def __str__(self) -> str:
        return self.url


class Sighting(models.Model):
    """A page of a site that a reader saw before it was known here, and what its verification found."""

    class State(models.TextChoices):
        PENDING = "pending", "Waits for its verification"
        REGISTERED = "registered", "Registered"
        ALIAS = "alias", "A further address of an article"
        REFUSED = "refused", "Refused"

    key = models.CharField(max_length=LONGEST_KEY)
    url = models.URLField("address", max_length=MAX_LENGTH["canonical_url"])
    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        related_name="sightings",
        db_index=False,  # articles_sightings_of_site serves it
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    code = models.CharField("reason (code)", max_length=40, blank=True)
    detail = models.TextField("reason", blank=True)
    warning = models.TextField(blank=True, help_text="What the site’s editor should mend.")
    article = models.ForeignKey(
        "articles.Article",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # an article is deleted rarely
    )
    seen_at = models.DateTimeField("first seen", default=timezone.now, editable=False)
    checked_at = models.DateTimeField("checked", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "page seen"
        verbose_name_plural = "pages seen"
        ordering = ["-seen_at", "-id"]
        constraints = [
            # The first sight of a page, once for all its readers.
            models.UniqueConstraint(fields=["key"], name="articles_sighting_key"),
        ]
        indexes = [
            # The desk's list of one site, and how many it registered within an hour.
            models.Index(fields=["site", "-seen_at"], name="articles_sightings_of_site"),
            # Every second: those that wait for their verification.
            models.Index(
                fields=["id"],
                name="articles_sightings_pending",
                condition=models.Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return self.url
