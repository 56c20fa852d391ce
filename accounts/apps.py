"""People and what they may do."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Load the permissions."""

    name = "accounts"
    verbose_name = "people and roles"

    def ready(self) -> None:
        from accounts import rules  # noqa: F401 -- importing registers the permissions
