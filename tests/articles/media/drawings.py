"""Pictures for tests, drawn on demand, and files that only claim to be pictures."""

import io
import struct
import zlib

from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def draw(width: int = 800, height: int = 600, form: str = "JPEG", **options: object) -> bytes:
    """Red on the left, blue on the right; `mode` and the options of the format's writer."""
    mode = str(options.pop("mode", "RGB"))
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return written(image.convert(mode), form, **options)


def written(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def shown(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def claiming(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes whose header says that it is larger."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def webp_claiming(width: int, height: int) -> bytes:
    """The same as WebP, whose header holds 24 bits for each side."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    still = draw(16, 16, "WEBP")[12:]
    body = b"WEBP" + chunk + still
    return b"RIFF" + struct.pack("<I", len(body)) + body
