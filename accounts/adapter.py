"""How the sign-in library behaves here: its mails go through the outbox, its errors give nothing away."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction

from core import outbox

#: Mails that open an account to whoever reads them.
SECRETS = ("login_code", "email_confirmation", "email_confirmation_signup", "password_reset_code", "password_reset_key")


class PortalAccountAdapter(DefaultAccountAdapter):
    """Send the library's mails by the outbox, so that a mail service that is down delays nobody's page."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Decide on one of the library's mails; each is a cause of its own."""
        from accounts.models import User  # noqa: PLC0415 -- the library imports this module before models exist

        event = template_prefix.rsplit("/", 1)[-1]
        words = {key: value for key, value in context.items() if isinstance(value, str | int)}
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
