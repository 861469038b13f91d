"""The second factor: codes of an authenticator app (TOTP), and recovery codes for when it is lost.

django-otp verifies a code, once, and makes one wait after wrong ones, twice as long each time. Who must have a factor and
has none signs in by setting one up.
"""

import hashlib
import logging
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from articles.models.authenticators import AuthenticatorApp
from articles.roles import KILLS
from articles.sealed import UnreadableSecretError

logger = logging.getLogger(__name__)

RECOVERY_CODES = 10
_DIGITS = 6
# 80 random bits: the hash, which could not be computed backwards, makes a copied database worth no code.
_CODE_BYTES, _ROUNDS = 10, 10_000
_KEY_BYTES = 20  # RFC 4226: as long as the hash
_GROUP = 4
_NAME = "Authenticator app"


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a code. `wait` is after how many seconds the next one is checked, where this one was not."""

    accepted: bool
    wait: float = 0
    is_recovery: bool = False


def must_have_factor(user: User | AnonymousUser) -> bool:
    """Whether SECOND_FACTOR_REQUIRED asks it of this user. Publishers are those who may kill a story, or change users."""
    if settings.SECOND_FACTOR_REQUIRED == "nobody" or not user.is_staff:
        return False
    if settings.SECOND_FACTOR_REQUIRED == "everyone":
        return True
    return user.has_perm(KILLS) or user.has_perm("auth.change_user")


def has_factor(user: User) -> bool:
    return AuthenticatorApp.objects.filter(user=user, confirmed=True).exists()


def recovery_codes_left(user: User) -> int:
    device = StaticDevice.objects.filter(user=user).first()
    return device.token_set.count() if device else 0


def new_key() -> str:
    """A key for an authenticator app. It is stored with a user when its first code was right."""
    return secrets.token_hex(_KEY_BYTES)


def key_in_words(key: str) -> str:
    """The key as it is typed where no camera is at hand."""
    return _grouped(b32encode(bytes.fromhex(key)).decode().rstrip("="))


def qr_code(user: User, key: str) -> str:
    """What an authenticator app scans, as SVG without a style of its own."""
    address = TOTPDevice(user=user, key=key).config_url
    return segno.make(address, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )


@transaction.atomic
def set_up(user: User, *, key: str, code: str) -> list[str] | None:
    """Give the user a factor, if the code is one of this key; returns the recovery codes, which no one sees again.

    None for a wrong code. A factor and recovery codes that the user had before are replaced.
    """
    AuthenticatorApp.objects.filter(user=user).delete()
    device = AuthenticatorApp(user=user, name=_NAME)
    device.use_key(key)
    device.save()
    if not _verifies(device, _plain(code)):
        transaction.set_rollback(True)
        return None
    return new_recovery_codes(user)


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten new ones instead of those that the user has."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes")
    codes = [
        b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    for code in codes:
        device.token_set.create(token=_hash(user, code))
    return [_grouped(code) for code in codes]


@transaction.atomic
def check_code(user: User, typed: str) -> Checked:
    """Check a code of the app, or use up a recovery code. Concurrent checks of one user serialise: a code is good once."""
    code = _plain(typed)
    is_recovery = not (code.isdecimal() and len(code) == _DIGITS)
    devices = StaticDevice.objects if is_recovery else AuthenticatorApp.objects
    device = devices.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return Checked(accepted=False)
    is_allowed, why_not = device.verify_is_allowed()
    if not is_allowed:
        return Checked(accepted=False, wait=_seconds_until(why_not["locked_until"]))
    try:
        accepted = _verifies(device, _hash(user, code) if is_recovery else code)
    except UnreadableSecretError as error:
        logger.error("A second factor cannot be verified: %s", error)
        return Checked(accepted=False)
    return Checked(accepted=accepted, is_recovery=is_recovery)


@transaction.atomic
def remove_factor(user: User) -> bool:
    """Whether there was one."""
    StaticDevice.objects.filter(user=user).delete()
    deleted, _ = AuthenticatorApp.objects.filter(user=user).delete()
    return deleted > 0


def _verifies(device: Any, code: str) -> bool:
    """django-otp has no types. What it found is stored: the step of the code, or when the next one is checked."""
    return bool(device.verify_token(code))


def _seconds_until(moment: datetime) -> float:
    return max(1.0, (moment - timezone.now()).total_seconds())


def _plain(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").lower()[:64]


def _hash(user: User, code: str) -> str:
    salt = f"recovery code of {user.pk}".encode()
    digest = hashlib.pbkdf2_hmac("sha256", code.encode("utf-8", "replace"), salt, _ROUNDS)
    return b32encode(digest[:10]).decode().lower()


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
