"""The admin of sites that embed the widget: origins, addresses, signed-in readers, and the pages that were seen."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from articles.desk.audited import AuditedAdmin
from articles.desk.fields import LinesField
from articles.desk.read_only import ReadOnlyAdmin
from articles.models import Article, Sighting, Site
from articles.sites.known import clear_sites
from articles.sites.rules import NULL_ORIGIN, NotAnOrigin, SiteRules, read_origin

# RFC 7518, 3.2: a key of HS256 is as long as its hash, or longer.
SHORTEST_SECRET = 32
_WARNINGS = 10


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    origins = LinesField(
        label="Origins",
        help_text="One a line, such as https://blog.example.org. www., m., mobile. and amp. in front of a host are the "
        "same site. The word null lets readers react in frames that are sandboxed.",
    )
    url_patterns = LinesField(
        label="Pages that are stories",
        help_text="Paths, one a line; * is any text, ! in front leaves out. Empty: every page but the home page.",
    )
    query_parameters = LinesField(
        label="Parameters that distinguish stories",
        help_text="One a line, such as p for /?p=12. Every other parameter is ignored.",
    )
    jwt_secrets = LinesField(
        label="Secrets",
        help_text=f"For HS256, one a line, of {SHORTEST_SECRET} characters or more: a new one beside the old one while "
        "they are exchanged.",
    )
    jwks_url = forms.URLField(
        label="JWKS address",
        required=False,
        assume_scheme="https",
        max_length=1_000,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Site
        fields = (
            *("name", "active", "origins", "url_patterns", "registers", "is_listed", "theme"),
            *("query_parameters", "has_amp_pages", "has_mobile_hosts"),
            *("jwt_algorithm", "jwt_audience", "jwt_issuer", "jwt_secrets", "jwks_url"),
        )
        labels = {
            "registers": "Registers pages at first sight",
            "is_listed": "Is listed here",
            "has_amp_pages": "Has AMP pages",
        }
        help_texts = {
            "registers": "A page that a reader sees first becomes a story.",
            "is_listed": "Its stories are on the pages and in the feeds of this installation.",
            "has_amp_pages": "/amp, .amp.html and ?amp are other forms of the same story.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("origins", "url_patterns", "query_parameters"):
            self.initial[name] = "\n".join(self.initial.get(name) or [])

    def clean_origins(self) -> list[str]:
        try:
            origins = list(
                dict.fromkeys(read_origin(each) for each in self.cleaned_data["origins"])
            )
        except NotAnOrigin as error:
            raise forms.ValidationError(str(error)) from None
        if not set(origins) - {NULL_ORIGIN}:
            raise forms.ValidationError(
                "A site has at least one origin, such as https://blog.example.org."
            )
        return origins

    def clean_url_patterns(self) -> list[str]:
        patterns: list[str] = self.cleaned_data["url_patterns"]
        for pattern in patterns:
            if not pattern.removeprefix("!").startswith("/"):
                raise forms.ValidationError(
                    f"{pattern!r} does not begin with a slash, as paths do."
                )
        return patterns

    def clean_jwt_secrets(self) -> str:
        secrets: list[str] = self.cleaned_data["jwt_secrets"]
        if any(len(each) < SHORTEST_SECRET for each in secrets):
            raise forms.ValidationError(f"A secret has {SHORTEST_SECRET} characters or more.")
        return "\n".join(secrets)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("origins"):
            self._check_hosts(cleaned)
        if algorithm := cleaned.get("jwt_algorithm"):
            key = "jwt_secrets" if algorithm == Site.Algorithm.HS256 else "jwks_url"
            for name in ("jwt_audience", key):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, f"{algorithm} needs it.")
        audience = cleaned.get("jwt_audience")
        others = Site.objects.exclude(pk=self.instance.pk)
        if audience and others.filter(jwt_audience=audience).exists():
            self.add_error("jwt_audience", "Another site has this audience.")
        return cleaned

    def _check_hosts(self, cleaned: dict[str, Any]) -> None:
        """One host is of one site: an address has one article."""
        for other in Site.objects.exclude(pk=self.instance.pk):
            # `www.` before the host of a site that has such hosts is that site, too.
            other.has_mobile_hosts |= cleaned.get("has_mobile_hosts", False)
            own = Site(origins=cleaned["origins"], has_mobile_hosts=other.has_mobile_hosts)
            if shared := SiteRules.of(own).hosts & SiteRules.of(other).hosts:
                self.add_error("origins", f"{min(shared)} is of the site {other.name}.")


@admin.register(Site)
class SiteAdmin(AuditedAdmin):
    form = SiteForm
    nothing_here = "Blogs and partner sites whose readers react here are listed here."
    list_display = ["name", "active", "hosts", "registers", "articles_count", "warnings_count"]
    search_fields = ["name", "origins"]
    readonly_fields = ["snippet", "warnings"]
    fieldsets = [
        (None, {"fields": ["name", "active", "origins", "snippet"]}),
        (
            "Stories",
            {
                "fields": [
                    *("registers", "url_patterns", "query_parameters"),
                    *("has_amp_pages", "has_mobile_hosts", "is_listed", "warnings"),
                ]
            },
        ),
        ("Frame", {"fields": ["theme"]}),
        (
            "Signed-in readers",
            {
                "description": "With a short-lived JWT of the site a reader is the same on every device.",
                "fields": [
                    *("jwt_algorithm", "jwt_audience", "jwt_issuer"),
                    *("jwt_secrets", "jwks_url"),
                ],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        sites: QuerySet[Site] = super().get_queryset(request)
        return sites.annotate(
            number=Count("articles", distinct=True),
            warned=Count("sightings", filter=~Q(sightings__warning=""), distinct=True),
        )

    @admin.display(description="Hosts")
    def hosts(self, site: Site) -> str:
        return ", ".join(each.partition("://")[2] or each for each in site.origins)

    @admin.display(description="Stories", ordering="number")
    def articles_count(self, site: Site) -> int:
        return int(getattr(site, "number"))  # noqa: B009  # annotated by get_queryset

    @admin.display(description="Warnings", ordering="warned")
    def warnings_count(self, site: Site) -> int:
        return int(getattr(site, "warned"))  # noqa: B009  # annotated by get_queryset

    @admin.display(description="For its pages")
    def snippet(self, site: Site) -> SafeString:
        """The two lines, for copying."""
        theme = "" if site.theme in {"", Site.Theme.AUTO} else f' theme="{site.theme}"'
        lines = (
            f'<script type="module" src="{settings.SITE_URL}/embed/reactions.js" data-cfasync="false"></script>\n'
            f'<reader-reactions article="auto"{theme}></reader-reactions>'
        )
        return format_html('<pre class="desk-lines"><code>{}</code></pre>', lines)

    @admin.display(description="To be mended")
    def warnings(self, site: Site) -> SafeString | str:
        found = Sighting.objects.filter(site=site.pk).exclude(warning="") if site.pk else ()
        shown = [
            (each.seen_at.strftime("%d %b %Y %H:%M"), each.warning) for each in found[:_WARNINGS]
        ]
        if not shown:
            return "Nothing."
        address = f"{reverse('admin:articles_sighting_changelist')}?site__id__exact={site.pk}"
        lines = format_html_join("", "<li>{}: {}</li>", shown)
        return format_html('<ul>{}</ul><a href="{}">All pages that were seen</a>', lines, address)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            Article.objects.filter(site=obj).exclude(is_listed=obj.is_listed).update(
                is_listed=obj.is_listed
            )
        clear_sites()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A site that has articles is switched off instead: they keep their reactions."""
        if obj is not None and Article.objects.filter(site=obj).exists():
            return False
        return super().has_delete_permission(request, obj)


class WithWarning(admin.SimpleListFilter):
    title = "to be mended"
    parameter_name = "warned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sighting]) -> QuerySet[Sighting]:
        return queryset.exclude(warning="") if self.value() else queryset


@admin.register(Sighting)
class SightingAdmin(ReadOnlyAdmin):
    """The pages of sites that were seen for the first time, the last first, and what became of them."""

    nothing_here = (
        "Pages of other sites that a reader saw first are listed here, with what became of them."
    )
    list_display = ["url", "site", "state", "warning", "seen_at"]
    list_filter = ["site", "state", WithWarning]
    list_select_related = ["site"]
    search_fields = ["url"]
