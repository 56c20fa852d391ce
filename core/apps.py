"""The platform every other app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Register the system checks that keep every route closed until it declares a policy."""

    name = "core"
    verbose_name = "platform"

    def ready(self) -> None:
        from core import checks  # noqa: F401 -- importing registers the checks; apps must be loaded first
