"""The desk's library of pictures: upload, description and focal point."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import Script
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
)

from articles import roles
from articles.desk.audited import AuditedAdmin
from articles.editing import replace_picture
from articles.media import images, pictures
from articles.models import ArticleMedia
from articles.models import Media as Picture  # a ModelAdmin's own Media is its scripts

UPLOAD_HELP = (
    f"JPEG, PNG or WebP, up to {images.megabytes(images.MAX_BYTES)} and"
    f" {images.MAX_PIXELS // 1_000_000} million pixels. Place and camera data are removed."
)

TEXT_WIDTH = 1280  # pixels; a text column has at most 640, and screens two for each
PLAIN = str.maketrans(dict.fromkeys("[]\\`*_<>", " "))  # what Markdown would read in a description

DESCRIPTION: Any = [  # Any, because unfold and Django type fieldsets differently
    ("Words", {"fields": ["alt_text", "decorative", "caption", "credit", "copyright_notice"]}),
    ("Focal point", {"fields": [("focal_x", "focal_y")]}),
]


class MediaForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class accepts no type argument at run time
    """Refuses a file that is not a valid picture, and a new picture without alternative text that is not decorative."""

    upload = forms.FileField(
        label="File",
        required=False,
        help_text=UPLOAD_HELP,
        widget=UnfoldAdminFileFieldWidget({"accept": ",".join(images.EXTENSIONS)}),
    )
    picture: images.Picture | None = None

    class Meta:
        model = Picture
        fields = [
            *("caption", "alt_text", "decorative", "credit", "copyright_notice"),
            *("focal_x", "focal_y"),
        ]
        labels = {"alt_text": "Alternative text", "focal_x": "Across", "focal_y": "Down"}
        widgets = {
            **dict.fromkeys(
                ("caption", "alt_text", "copyright_notice"),
                UnfoldAdminTextareaWidget({"rows": 3}),
            ),
            **dict.fromkeys(
                ("focal_x", "focal_y"),
                UnfoldAdminDecimalFieldWidget({"min": 0, "max": 1, "step": "0.01"}),
            ),
        }

    def clean_upload(self) -> None:
        upload = self.cleaned_data["upload"]
        if not upload:
            if not self.instance.pk:
                raise forms.ValidationError("Choose a file.", code="required")
            return
        try:
            self.picture = images.read_picture(upload.read(images.MAX_BYTES + 1))
        except images.InvalidPictureError as error:
            raise forms.ValidationError(f"The file {error}", code="invalid") from None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        is_new = not self.instance.pk or self.picture is not None
        if is_new and not values.get("alt_text", "").strip() and not values.get("decorative"):
            self.add_error("alt_text", "Say what the picture shows, or that it is decorative.")
        if values.get("decorative") and values.get("alt_text", "").strip():
            self.add_error("decorative", "A decorative picture has no such text.")
        return values


@admin.register(Picture)
class MediaAdmin(AuditedAdmin):
    form = MediaForm
    nothing_here = "Pictures that are uploaded, or come with imported stories, are listed here."
    list_display = ["thumbnail", "title", "credit", "size", "state"]
    list_display_links = ["thumbnail", "title"]
    search_fields = ["caption", "alt_text", "credit", "source_url"]
    search_help_text = "Caption, alternative text, credit or address"
    ordering = ["-id"]
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["preview", "upload"]}),
        *DESCRIPTION,
        ("File", {"fields": ["line_for_texts", "size", "state", "source_url"]}),
    ]
    readonly_fields = ["preview", "line_for_texts", "size", "state", "source_url"]

    class Media:
        css = {"all": ["articles/focal-point.css"]}
        js = [Script("articles/focal-point.js", type="module")]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else [(None, {"fields": ["upload"]}), *DESCRIPTION]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return super().has_change_permission(request)
        return roles.may_change_picture(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No story loses its picture but by a version of its own."""
        if obj is not None and pictures.articles_that_show(obj).exists():
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A picture of a published story is not overwritten: the change is a new one, and a version of each story."""
        is_out = change and pictures.articles_that_show(obj).public().exists()
        if not is_out or not form.has_changed():
            self._save_picture(obj, form)
            return
        old_id, obj.pk, obj._state.adding = obj.pk, None, True
        self._save_picture(obj, form)
        count = replace_picture(old_id=old_id, new=obj, editor=request.user.get_username())
        number = f"{count} {'story shows' if count == 1 else 'stories show'}"
        self.message_user(request, f"{number} the changed picture, each in a new version.")

    @staticmethod
    def _save_picture(obj: Any, form: Any) -> None:
        if form.picture:
            obj.source_url = ""  # so that no import takes the upload for what it fetched
            pictures.put_picture(obj, form.picture)
        else:
            if obj.file and {"focal_x", "focal_y"} & set(form.changed_data):
                pictures.request_renditions(obj)
            obj.save()

    @admin.display(description="Picture")
    def thumbnail(self, media: Picture) -> SafeString | str:
        return _image(media, 160, "focal-thumbnail") if media.file else "–"

    @admin.display(description="Preview")
    def preview(self, media: Picture) -> SafeString | str:
        """The picture; with JavaScript, a click on it sets the focal point."""
        if not media.file:
            return "There is no file yet."
        return format_html(
            '<span class="focal-point" data-focal-point>{}</span>',
            _image(media, 640, "focal-picture"),
        )

    @admin.display(description="To show it in a text")
    def line_for_texts(self, media: Picture) -> SafeString | str:
        """What an editor copies into the text of a story."""
        if not media.file:
            return "There is no file yet."
        alt = media.alt_text.translate(PLAIN).strip()
        line = f"![{' '.join(alt.split())}]({media.within(TEXT_WIDTH).path})"
        return format_html("<code>{}</code><br>Copy this line into the text.", line)

    @admin.display(description="Caption or alternative text")
    def title(self, media: Picture) -> str:
        return str(media)

    @admin.display(description="Size")
    def size(self, media: Picture) -> str:
        if not media.file:
            return "–"
        return f"{media.width} × {media.height}, {images.megabytes(media.byte_size)}"

    @admin.display(description="State")
    def state(self, media: Picture) -> str:
        if media.last_error:
            return f"{'Will be tried again' if media.due_at else 'Given up'}: {media.last_error}"
        if media.due_at:
            return "Is being prepared" if media.file else "Is being fetched"
        return f"{len(media.renditions)} renditions" if media.file else "Only a description"


class ArticleMediaInline(StackedInline):
    """The further pictures of an article, in its form."""

    model = ArticleMedia
    fields = ["media", "position"]
    raw_id_fields = ["media"]
    extra = 0


def _image(media: Picture, width: int, css_class: str) -> SafeString:
    shown = media.within(width)
    return format_html(
        '<img class="{}" src="{}" width="{}" height="{}" alt="{}">',
        css_class,
        shown.path,
        shown.width,
        shown.height,
        media.alt_text,
    )
