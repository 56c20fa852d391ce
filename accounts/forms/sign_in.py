"""Forms of signing up and in, addresses and passwords."""

from typing import Any

from allauth.account import forms as library
from django.core.exceptions import ValidationError

from accounts.forms.plain import PlainWords

CODE_HELP = {"code": "From our latest message. You can paste it."}


class SamePassword(PlainWords):
    """Say that two passwords differ, in our words."""

    def add_error(self, field: str | None, error: str | ValidationError) -> None:
        """Replace the library's sentence."""
        differ = field == "password2" and not isinstance(error, ValidationError)
        super().add_error(field, "The two passwords differ" if differ else error)  # type: ignore[misc]  # a form's


class LoginForm(PlainWords, library.LoginForm):
    """Address and, if one is set, password."""

    helps = {"password": "Leave it empty to get a code by e-mail instead."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].required = False


class PlainSignupForm(PlainWords, library.SignupForm):
    """Address, name and, for those who want one, a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "Password"


class AddEmailForm(PlainWords, library.AddEmailForm):
    """Another address."""


class ChangePasswordForm(SamePassword, library.ChangePasswordForm):
    """Present and new password."""


class SetPasswordForm(SamePassword, library.SetPasswordForm):
    """A first password."""


class ResetPasswordForm(PlainWords, library.ResetPasswordForm):
    """The address of an account whose password is lost."""


class NewPasswordForm(SamePassword, library.ResetPasswordKeyForm):
    """The password after a reset."""


class RequestLoginCodeForm(PlainWords, library.RequestLoginCodeForm):
    """The address that gets a sign-in code."""


class ConfirmLoginCodeForm(PlainWords, library.ConfirmLoginCodeForm):
    """The code that signs in."""

    helps = CODE_HELP


class ConfirmEmailForm(PlainWords, library.ConfirmEmailVerificationCodeForm):
    """The code that proves an address."""

    helps = CODE_HELP


class ConfirmResetForm(PlainWords, library.ConfirmPasswordResetCodeForm):
    """The code that lets a password be reset."""

    helps = CODE_HELP


class ChangeEmailForm(PlainWords, library.ChangeEmailForm):
    """A different address for an account that is not confirmed yet."""


class ReauthenticateForm(PlainWords, library.ReauthenticateForm):
    """The password, once more."""
