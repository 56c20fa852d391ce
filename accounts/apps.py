"""People and what they may do."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Load the permissions; listen to changes of second factors."""

    name = "accounts"
    verbose_name = "people and roles"

    def ready(self) -> None:
        from allauth.mfa import signals

        from accounts import rules  # noqa: F401 -- importing registers the permissions
        from accounts.adapter.second_factor import end_other_sessions

        for change in (signals.authenticator_added, signals.authenticator_removed, signals.authenticator_reset):
            change.connect(end_other_sessions, dispatch_uid="accounts.end_other_sessions")
