"""Forms of authenticator apps, passkeys and recovery codes."""

from allauth.mfa.base import forms as base
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn

from accounts.forms.plain import PlainWords

CODE_HELP = {"code": "The 6 digits that your app shows now, or one of your recovery codes."}


class AuthenticateForm(PlainWords, base.AuthenticateForm):
    """The code after the first step of signing in."""

    helps = CODE_HELP


class ReauthenticateForm(PlainWords, base.ReauthenticateForm):
    """The code that confirms that it is you."""

    helps = CODE_HELP


class ActivateAppForm(PlainWords, ActivateTOTPForm):
    """The first code of a new app."""

    helps = {"code": "The 6 digits that the app shows after reading the picture."}


class AddPasskeyForm(PlainWords, webauthn.AddWebAuthnForm):
    """A new passkey."""

    helps = {
        "name": "So that you can tell your passkeys apart, such as “Work laptop”.",
        "passwordless": "The passkey then replaces your code or password as well. It asks for a fingerprint, a face "
        "or a PIN.",
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False
        self.fields["passwordless"].label = "Sign in with this passkey alone"


class RenamePasskeyForm(PlainWords, webauthn.EditWebAuthnForm):
    """Another name for a passkey."""
