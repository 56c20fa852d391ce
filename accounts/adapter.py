"""How the sign-in library behaves here: its mails go through the outbox, its errors give nothing away."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction

from core import outbox


class PortalAccountAdapter(DefaultAccountAdapter):
    """Send the library's mails by the outbox, so that a mail service that is down delays nobody's page."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Decide on one of the library's mails; each is a cause of its own."""
        from accounts.models import User  # noqa: PLC0415 -- the library imports this module before models exist

        words = {key: value for key, value in context.items() if isinstance(value, str | int)}
        with transaction.atomic():
            outbox.enqueue(
                key=f"account:{template_prefix.rsplit('/', 1)[-1]}:{secrets.token_hex(12)}", to=email,
                template=f"{template_prefix}_message.txt",
                person=User.objects.filter(email=email.lower()).first(), **words,
            )
