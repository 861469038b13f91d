"""Who is reacting: a random id in a signed cookie."""

from uuid import UUID, uuid4

from django.core import signing

COOKIE = "textbook_reader"


def sign(reader: UUID) -> str:
    return signing.dumps(str(reader), salt=COOKIE)


def reader_of(cookie: str | None) -> UUID:
    """A new reader where there is no cookie, or one that was altered."""
    try:
        return UUID(signing.loads(cookie or "", salt=COOKIE))
    except signing.BadSignature:
        return uuid4()
