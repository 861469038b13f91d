"""Secrets that the product has to read again, sealed before they reach the database.

A copy of the database, such as a backup, has them only for who has SECRET_KEY as well. What can be a hash is one, and no
secret of this kind: passwords, API keys, recovery codes. See docs/decisions/0059-sealed-secrets.md.
"""

import hashlib
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

logger = logging.getLogger(__name__)

_MARK = "sealed:"
_NONCE_BYTES = (
    12  # NIST SP 800-38D: random, so that few values are sealed with one key; these are few
)
_KEY_NAME_LENGTH = 4


class UnreadableSecretError(ValueError):
    """Sealed with a key that is neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS, or altered."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with sealed texts. What is sealed for it opens in no other one.

    `is_hexadecimal`: each text is bytes in hexadecimal digits, and sealed as these, to be half as long.
    """

    table: str
    column: str
    id_column: str = "id"
    is_hexadecimal: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"

    def seal(self, text: str) -> str:
        """An empty text stays so."""
        if not text:
            return ""
        content = bytes.fromhex(text) if self.is_hexadecimal else text.encode()
        key, nonce = _keys()[0], secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + _cipher(key).encrypt(nonce, content, str(self).encode())
        return f"{_mark_of(key)}{urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def unseal(self, stored: str) -> str:
        """The text; one that is not sealed, as earlier releases stored it, as it is. Raises UnreadableSecretError."""
        if not stored.startswith(_MARK):
            return stored
        for key in _keys():
            if stored.startswith(_mark_of(key)):
                text = self._open(key, stored.removeprefix(_mark_of(key)))
                if text is not None:
                    return text
        raise UnreadableSecretError(
            f"{self}: sealed with a key that is neither SECRET_KEY nor in SECRET_KEY_FALLBACKS, or altered."
        )

    def is_readable(self) -> bool:
        try:
            for _, stored in self.stored():
                self.unseal(stored)
        except UnreadableSecretError:
            return False
        return True

    def stored(self) -> list[tuple[int, str]]:
        """The ids of the rows, and what the database has."""
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "{self.id_column}", "{self.column}" FROM "{self.table}"')  # noqa: S608 - names of ours
            rows: list[tuple[int, str]] = cursor.fetchall()
        return rows

    def replace(self, row: int, old: str, new: str) -> int:
        """How many rows: none where another writer was faster."""
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{self.table}" SET "{self.column}" = %s'  # noqa: S608
                f' WHERE "{self.id_column}" = %s AND "{self.column}" = %s',
                [new, row, old],
            )
            return int(cursor.rowcount)

    def _open(self, key: bytes, encoded: str) -> str | None:
        """None where this key did not seal it, or it was altered."""
        from cryptography.exceptions import InvalidTag

        try:
            sealed = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            content = _cipher(key).decrypt(nonce, text, str(self).encode())
        except (InvalidTag, ValueError):
            return None
        return content.hex() if self.is_hexadecimal else content.decode()


# A column of django-otp: `articles.models.AuthenticatorApp` seals it.
AUTHENTICATOR_KEYS = Column("otp_totp_totpdevice", "key", is_hexadecimal=True)


class SealedField(models.TextField):  # type: ignore[type-arg]  # takes none when it runs
    """A text that Python sees and the database does not. It cannot be searched for."""

    def get_prep_value(self, value: Any) -> Any:
        return self.in_table().seal(super().get_prep_value(value))

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Empty where the secret cannot be read any more, which `manage.py check --deploy --database default` reports.

        None where the row is on the empty side of an outer join.
        """
        if value is None:
            return None
        try:
            return self.in_table().unseal(value)
        except UnreadableSecretError as error:
            logger.error("%s", error)
            return ""

    def in_table(self) -> Column:
        meta = self.model._meta
        return Column(meta.db_table, str(self.column), str(meta.pk.column))


def seal_stored() -> int:
    """Seal what is stored plainly or with an earlier key; returns how many values. Safe to repeat, and beside writers.

    What cannot be read stays as it is, for the day on which its key is found.
    """
    current = _mark_of(_keys()[0])
    changed = 0
    for column in sealed_columns():
        for row, stored in column.stored():
            if not stored or stored.startswith(current):
                continue
            with suppress(UnreadableSecretError):
                changed += column.replace(row, stored, column.seal(column.unseal(stored)))
    return changed


def unseal_stored(column: Column) -> None:
    """Store the secrets of a column plainly again: for the release before, which cannot read them otherwise."""
    for row, stored in column.stored():
        column.replace(row, stored, column.unseal(stored))


def unreadable() -> list[str]:
    """The columns with secrets that no key of the settings opens, as `table.column`."""
    return [str(column) for column in sealed_columns() if not column.is_readable()]


def sealed_columns() -> Iterator[Column]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedField):
                yield field.in_table()
    yield AUTHENTICATOR_KEYS


def _keys() -> list[bytes]:
    """256 bits each, today's first. Derived, so that no signature is made with the same key."""
    return [
        hashlib.blake2b(key.encode(), digest_size=32, person=b"sealed secrets").digest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


def _cipher(key: bytes) -> "AESGCM":
    # Every process loads this module with the models. Live, which opens no secret, is 7 MB smaller without the package.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _mark_of(key: bytes) -> str:
    """What begins the texts that this key has sealed."""
    name = hashlib.blake2b(key, digest_size=16, person=b"name of a key").hexdigest()
    return f"{_MARK}{name[:_KEY_NAME_LENGTH]}:"
