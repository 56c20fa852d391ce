"""Store the secrets of second factors under the present SECRET_KEY, so that former keys can leave the list."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.domain import access


class Command(BaseCommand):
    """Renew."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{access.renew_factor_secrets()} second factors are stored under the present key.")
