"""The second factor of a user. Not part of `articles.models`: live, which has no django-otp, loads that, too."""

from django_otp.plugins.otp_totp.models import TOTPDevice

from articles.sealed import AUTHENTICATOR_KEYS


class AuthenticatorApp(TOTPDevice):
    """An app that shows codes, with its key sealed in the column of django-otp."""

    class Meta:
        app_label = "articles"
        proxy = True
        default_permissions = ()

    @property
    def bin_key(self) -> bytes:
        """The key, whose codes django-otp computes. Raises UnreadableSecretError."""
        return bytes.fromhex(AUTHENTICATOR_KEYS.unseal(self.key))

    def use_key(self, key: str) -> None:
        """Of 40 hexadecimal digits."""
        self.key = AUTHENTICATOR_KEYS.seal(key)
