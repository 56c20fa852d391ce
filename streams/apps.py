from django.apps import AppConfig


class StreamsConfig(AppConfig):
    name = "streams"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Cycles, tracks and streams"

    def ready(self) -> None:
        from streams import rules  # noqa: F401 -- importing registers the permissions
