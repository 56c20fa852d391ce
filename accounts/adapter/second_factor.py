"""How second factors behave here: secrets are stored encrypted, and a change ends all other sessions."""

import base64
import hashlib
from typing import Any

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils.encoding import force_bytes
from qrcode.image.svg import SvgPathFillImage

from accounts.adapter.sessions import renew
from accounts.domain.sessions import end_sessions


def _key(secret: str | bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second-factor:" + force_bytes(secret)).digest()))


def keeper() -> MultiFernet:
    """Return what encrypts secrets: with the present key, and reads those of SECRET_KEY_FALLBACKS too."""
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


class PortalMFAAdapter(DefaultMFAAdapter):
    """A copy of the database opens no account: what an app or a recovery code is made from is encrypted."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": "Remove the second factor before you add an address.",
        "cannot_delete_authenticator": "This second factor cannot be removed.",
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first: recovery codes stand in "
        "for those.",
        "incorrect_code": "This did not fit. Codes change every 30 seconds: enter the one shown now.",
        "unverified_email": "Confirm your e-mail address first, or remove the one that is not confirmed.",
    }

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored."""
        return keeper().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret."""
        return keeper().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """Draw the picture on a white ground: apps read no light picture on the dark theme."""
        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the portal in the browser's passkey dialogue, instead of its host."""
        return super().get_public_key_credential_rp_entity() | {"name": settings.PORTAL_NAME}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Propose a name for the next passkey."""
        n_there = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {n_there + 1}"


def end_other_sessions(*, request: Any, user: Any, **kwargs: Any) -> None:
    """Sign all other devices out once a person adds, removes or renews a factor."""
    end_sessions(user=user, keep=request.session.session_key)
    renew(request)
