"""Pictures as bytes: what is one is written anew, what is not is refused. No database, no Django.

Nothing that came from outside is ever shown: only what Pillow decoded and wrote again, without
metadata, trailing bytes, or a place on the map.
"""

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from PIL import Image, ImageCms, ImageOps

# GIF is for animations; AVIF has few cameras and a young decoder; SVG is a document with scripts.
FORMATS = ("JPEG", "PNG", "WEBP")
BYTES = 20 * 1024 * 1024  # of a file; a 61-megapixel JPEG has about this
PIXELS = 64_000_000  # as many as full-frame cameras give; up to 256 MB while they are decoded
SHORTEST_SIDE = 16  # pixels; what is smaller counts visitors of somebody else's page
LONGEST_SIDE = 4096  # pixels that are kept: twice the widest rendition

WIDTHS = (320, 640, 1280, 2048)  # of the whole picture, from a phone's column to a large screen
# Crops: what lists and cards show, and the three shapes that Google asks for.
SHAPES = {"16x9": (16 / 9, (320, 640, 1280)), "4x3": (4 / 3, (1200,)), "1x1": (1.0, (1200,))}
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# Above this a picture without transparency is a photograph that somebody saved as PNG.
PNG_BYTES = 1024 * 1024

SRGB = ImageCms.createProfile("sRGB")

# Pillow warns above this and refuses above twice as much; here it refuses at once.
Image.MAX_IMAGE_PIXELS = PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class NotAPicture(Exception):
    """Why a file is not taken, as the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class Picture:
    """A picture that is safe to show."""

    content: bytes
    content_type: str
    width: int
    height: int

    @cached_property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Copy(Picture):
    """A smaller or cropped copy; `name` says which, and for a crop also around which point."""

    name: str

    @property
    def file_name(self) -> str:
        return f"{self.name}.{ENDINGS[self.content_type]}"


def read_picture(content: bytes) -> Picture:
    """The picture in a file of an allowed format: upright, in sRGB, no larger than is ever shown.

    Raises NotAPicture for all else. The size that a file claims is checked before anything is decoded.
    """
    if not content:
        raise NotAPicture("is empty.")
    if len(content) > BYTES:
        raise NotAPicture(f"has {len(content)} bytes; {BYTES} are allowed.")
    with _opened(content) as image:
        _check_size(image)
        if getattr(image, "is_animated", False) and image.format != "MPO":
            raise NotAPicture("moves; only still pictures are taken.")
        is_png = image.format == "PNG"
        try:
            upright = _decoded(image)
        except Exception as error:
            raise NotAPicture("is broken: it cannot be decoded to its end.") from error
    return _kept(upright, is_png=is_png)


def copies(picture: bytes, *, focal_x: float, focal_y: float) -> Iterator[Copy]:
    """Every rendition of a picture that `read_picture` made; the same input gives the same copies.

    None is larger than the picture. Each comes as WebP and as JPEG, on white where it is transparent.
    """
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        image.load()
        whole = (0.0, 0.0, float(image.width), float(image.height))
        for width in _widths(WIDTHS, image.width):
            yield from _copies(image, f"{width}w", whole, width)
        for shape, (ratio, widths) in SHAPES.items():
            box = _box(image, ratio, focal_x, focal_y)
            for width in _widths(widths, round(box[2] - box[0])):
                point = f"{round(focal_x * 100)}-{round(focal_y * 100)}"
                yield from _copies(image, f"{shape}-{point}-{width}w", box, width, ratio)


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except Exception as error:
        raise NotAPicture("is not a JPEG, PNG or WebP picture.") from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > PIXELS:
        raise _too_large()
    if min(width, height) < SHORTEST_SIDE:
        text = f"has {width} × {height} pixels; {SHORTEST_SIDE} a side are the least."  # noqa: RUF001
        raise NotAPicture(text)


def _too_large() -> NotAPicture:
    return NotAPicture(f"claims more than {PIXELS // 1_000_000} million pixels.")


def _decoded(image: Image.Image) -> Image.Image:
    has_alpha = image.has_transparency_data
    image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG can be decoded at half its size
    image.load()
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off and not scale
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in {"L", "RGB", "RGBA", "CMYK"}:
        image = image.convert("RGBA" if has_alpha else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    image = _in_srgb(image, profile)
    image = image.convert("RGBA" if image.mode == "RGBA" else "RGB")
    image.info = {}  # what is left of EXIF, comments and profiles
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours that a profile means; one that is broken or of another kind means nothing."""
    if not profile:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image


def _kept(image: Image.Image, *, is_png: bool) -> Picture:
    if is_png or image.mode == "RGBA":
        content = _written(image, "PNG", optimize=True)
        if image.mode == "RGBA" or len(content) <= PNG_BYTES:
            return Picture(content, "image/png", *image.size)
    content = _written(image, "JPEG", quality=90, optimize=True, progressive=True)
    return Picture(content, "image/jpeg", *image.size)


def _widths(wanted: tuple[int, ...], available: int) -> list[int]:
    """Those that need no enlarging; a picture between two of them comes in its own width too."""
    return [width for width in wanted if width < available] + [min(available, wanted[-1])]


def _box(image: Image.Image, ratio: float, x: float, y: float) -> tuple[float, float, float, float]:
    """The largest part of this shape that has the point as near to its middle as the edges allow."""
    width = min(image.width, image.height * ratio)
    height = width / ratio
    left = min(max(x * image.width - width / 2, 0), image.width - width)
    top = min(max(y * image.height - height / 2, 0), image.height - height)
    return left, top, left + width, top + height


def _copies(
    image: Image.Image,
    name: str,
    box: tuple[float, float, float, float],
    width: int,
    ratio: float | None = None,
) -> Iterator[Copy]:
    height = max(1, round(width / (ratio or image.width / image.height)))
    small = image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    webp = _written(small, "WEBP", quality=80, method=4)
    yield Copy(webp, "image/webp", width, height, name)
    jpeg = _written(_on_white(small), "JPEG", quality=82, optimize=True, progressive=True)
    yield Copy(jpeg, "image/jpeg", width, height, name)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _written(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
