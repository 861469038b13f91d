"""Pictures as bytes: checks, decodes and re-encodes a file, and renders its renditions. No database, no Django.

Bytes from outside are never served: only what Pillow decoded and encoded again, without metadata,
trailing bytes or GPS position.
"""

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from PIL import Image, ImageCms, ImageOps

# Not GIF, which is for animations; not AVIF, which few cameras write and whose decoder is young; not SVG, which is
# a document with scripts.
FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 20 * 1024 * 1024  # of a file; a 61-megapixel JPEG has about this size
MAX_PIXELS = 64_000_000  # as many as full-frame cameras have; up to 256 MB while they are decoded
MIN_SIDE = 16  # pixels; a smaller picture is a tracking pixel of another site
MAX_SIDE = 4096  # pixels that are stored: twice the widest rendition

WIDTHS = (320, 640, 1280, 2048)  # of the whole picture, from a phone's column to a large screen
# Crops: 16 to 9 for lists and cards; all three are the aspect ratios that Google asks for.
SHAPES = {"16x9": (16 / 9, (320, 640, 1280)), "4x3": (4 / 3, (1200,)), "1x1": (1.0, (1200,))}
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# A larger PNG without transparency is taken for a photograph, and stored as JPEG.
MAX_PNG_BYTES = 1024 * 1024

# The brands of HEIF files: the four bytes after `ftyp`.
PHONE_FORMATS = {
    **dict.fromkeys(
        (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "a HEIC"
    ),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF"),
}
OTHER_FORMATS = {
    b"GIF8": "a GIF",
    b"II*\0": "a TIFF or a raw picture",
    b"MM\0*": "a TIFF or a raw picture",
    b"BM": "a BMP picture",
    b"%PDF": "a PDF document",
    b"8BPS": "a Photoshop document",
}

SRGB = ImageCms.createProfile("sRGB")

# Pillow warns above this and refuses above twice as much; with the warning as an error it refuses at once.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def megabytes(size: int) -> str:
    """The size of a file as editors read it, everywhere in the same unit."""
    number = size / 1024**2
    return f"{number:.2g} MB" if number < 10 else f"{number:.0f} MB"


class InvalidPictureError(Exception):
    """Why a file is refused, as the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class Picture:
    """A picture that was decoded and encoded again, safe to serve."""

    content: bytes
    content_type: str
    width: int
    height: int

    @cached_property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class RenderedPicture(Picture):
    """A rendition; `name` has its width, and for a crop also its shape and focal point."""

    name: str

    @property
    def file_name(self) -> str:
        return f"{self.name}.{EXTENSIONS[self.content_type]}"


def read_picture(content: bytes) -> Picture:
    """The picture in a file of an allowed format: upright, in sRGB, at most MAX_SIDE pixels a side.

    Raises InvalidPictureError for any other file. The size in the header is checked before anything is decoded.
    """
    if not content:
        raise InvalidPictureError("is empty.")
    if len(content) > MAX_BYTES:
        raise InvalidPictureError(
            f"has more than {megabytes(MAX_BYTES)}, which a picture may have at most."
        )
    with _open(content) as image:
        _check_size(image)
        if getattr(image, "is_animated", False) and image.format != "MPO":
            raise InvalidPictureError("is animated; only still pictures are accepted.")
        is_png = image.format == "PNG"
        try:
            upright = _decode(image)
        except Exception as error:
            raise InvalidPictureError("is broken: it cannot be decoded to its end.") from error
    return _encode_original(upright, is_png=is_png)


def render(picture: bytes, *, focal_x: float, focal_y: float) -> Iterator[RenderedPicture]:
    """Every rendition of a picture that `read_picture` returned; the same input gives the same bytes.

    None is larger than the picture. Each is made as WebP and as JPEG, on white where it is transparent.
    """
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        image.load()
        whole = (0.0, 0.0, float(image.width), float(image.height))
        for width in _widths(WIDTHS, image.width):
            yield from _render_size(image, f"{width}w", whole, width)
        for shape, (ratio, widths) in SHAPES.items():
            box = _box(image, ratio, focal_x, focal_y)
            for width in _widths(widths, round(box[2] - box[0])):
                point = f"{round(focal_x * 100)}-{round(focal_y * 100)}"
                yield from _render_size(image, f"{shape}-{point}-{width}w", box, width, ratio)


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except Exception as error:
        raise InvalidPictureError(_other_format(content)) from error


def _other_format(content: bytes) -> str:
    """What the file is instead, and what helps, where that is known."""
    if content[4:8] == b"ftyp" and (found := PHONE_FORMATS.get(content[8:12])):
        return (
            f"is {found} picture, as phones take them. Export it as JPEG and upload that;"
            " an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible."
        )
    for beginning, found in OTHER_FORMATS.items():
        if content.startswith(beginning):
            return f"is {found}. Save it as JPEG, PNG or WebP and upload that."
    return "is not a JPEG, PNG or WebP picture."


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large()
    if min(width, height) < MIN_SIDE:
        text = f"has {width} × {height} pixels; {MIN_SIDE} on each side are the minimum."
        raise InvalidPictureError(text)


def _too_large() -> InvalidPictureError:
    return InvalidPictureError(f"claims more than {MAX_PIXELS // 1_000_000} million pixels.")


def _decode(image: Image.Image) -> Image.Image:
    has_alpha = image.has_transparency_data
    image.draft(None, (MAX_SIDE, MAX_SIDE))  # a JPEG can be decoded at half its size
    image.load()
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip instead of scale
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in {"L", "RGB", "RGBA", "CMYK"}:
        image = image.convert("RGBA" if has_alpha else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    image = _in_srgb(image, profile)
    image = image.convert("RGBA" if image.mode == "RGBA" else "RGB")
    image.info = {}  # drops EXIF, comments and profiles
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image converted from its colour profile to sRGB; a broken or unsuitable profile is ignored."""
    if not profile:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image


def _encode_original(image: Image.Image, *, is_png: bool) -> Picture:
    if is_png or image.mode == "RGBA":
        content = _encode(image, "PNG", optimize=True)
        if image.mode == "RGBA" or len(content) <= MAX_PNG_BYTES:
            return Picture(content, "image/png", *image.size)
    content = _encode(image, "JPEG", quality=90, optimize=True, progressive=True)
    return Picture(content, "image/jpeg", *image.size)


def _widths(wanted: tuple[int, ...], available: int) -> list[int]:
    """The wanted widths, and the picture's own width in place of those that it would have to be enlarged to."""
    return sorted({min(width, available) for width in wanted})


def _box(image: Image.Image, ratio: float, x: float, y: float) -> tuple[float, float, float, float]:
    """The largest crop of this aspect ratio, its centre as near to the point as the edges allow."""
    width = min(image.width, image.height * ratio)
    height = min(
        image.height, width / ratio
    )  # which may be larger by a rounding error, and Pillow refuses that
    left = min(max(x * image.width - width / 2, 0), image.width - width)
    top = min(max(y * image.height - height / 2, 0), image.height - height)
    return left, top, left + width, top + height


def _render_size(
    image: Image.Image,
    name: str,
    box: tuple[float, float, float, float],
    width: int,
    ratio: float | None = None,
) -> Iterator[RenderedPicture]:
    height = max(1, round(width / (ratio or image.width / image.height)))
    small = image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    webp = _encode(small, "WEBP", quality=80, method=4)
    yield RenderedPicture(webp, "image/webp", width, height, name)
    jpeg = _encode(_on_white(small), "JPEG", quality=82, optimize=True, progressive=True)
    yield RenderedPicture(jpeg, "image/jpeg", width, height, name)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _encode(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
