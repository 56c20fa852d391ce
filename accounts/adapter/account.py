"""How signing in behaves here: mails go through the outbox, errors are plain and give nothing away."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as library
from django.db import transaction

from core import outbox

#: Mails that open an account to whoever reads them.
SECRETS = ("login_code", "email_confirmation", "email_confirmation_signup", "password_reset_code", "password_reset_key")


class PortalAccountAdapter(DefaultAccountAdapter):
    """Send the library's mails by the outbox, so that a mail service that is down delays nobody's page."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is suspended. Write to us if you think that this is a mistake.",
        "cannot_remove_primary_email": "This is your main address. Make another one the main address first.",
        "duplicate_email": "This address is on your account already.",
        "email_password_mismatch": "Address and password do not fit together. Try again, or leave the password empty "
        "and we send you a code.",
        "email_taken": "This address cannot be used. Choose another one.",
        "enter_current_password": "This is not your present password.",
        "incorrect_code": "This code does not fit. Compare it with the latest message.",
        "incorrect_password": "This is not your password.",
        "invalid_login": "Enter your e-mail address",
        "invalid_password_reset": "This reset has expired. Ask for a new code.",
        "max_email_addresses": "An account has at most %d addresses. Remove one first.",
        "rate_limited": "Too many tries. Wait five minutes.",
        "same_as_current": "This is the present address. Enter another one.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "unverified_primary_email": "Confirm this address before you make it the main one.",
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Decide on one of the library's mails; each is a cause of its own."""
        from accounts.models import User  # noqa: PLC0415 -- the library imports this module before models exist

        event = template_prefix.rsplit("/", 1)[-1]
        words: dict[str, Any] = {key: value for key, value in context.items() if isinstance(value, str | int)}
        with transaction.atomic():
            outbox.enqueue(
                key=f"account:{event}:{secrets.token_hex(12)}",
                to=email,
                template=f"{template_prefix}_message.txt",
                person=User.objects.filter(email=email.lower()).first(),
                is_secret=event in SECRETS,
                **words,
            )

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        """Keep the name that was typed at sign-up; nothing else of it is read from the form."""
        user.display_name = form.cleaned_data.get("display_name", "")[:200]
        user.timezone = form.cleaned_data.get("timezone", "")
        return super().save_user(request, user, form, commit=commit)

    def login(self, request: Any, user: Any) -> None:
        """Sign in, and tell the person when it is from a device that we have not seen before."""
        from accounts.domain import devices  # noqa: PLC0415 -- see send_mail

        super().login(request, user)
        devices.note_sign_in(
            user=user,
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            session_key=request.session.session_key or "",
        )

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Count a sign-in as a fresh confirmation: nobody types a password twice within the quarter of an hour."""
        from accounts.queries import is_fresh  # noqa: PLC0415 -- see send_mail

        records = get_authentication_records(library.request, library.request.user)
        return super().is_reauthentication_required(app=app, **kwargs) and not is_fresh(records)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Name the ways to confirm that it is you, in our words."""
        words = {
            "reauthenticate": "Use your password",
            "mfa_reauthenticate": "Use your authenticator app or a recovery code",
            "mfa_reauthenticate:webauthn": "Use a passkey",
        }
        return [
            method | {"description": words.get(method["id"], method["description"])}
            for method in super().get_reauthentication_methods(user)
        ]
