"""The project as an app, and which of the front-end packages' files are served."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalConfig(AppConfig):
    """The project itself: a home for checks and commands that belong to no single app."""

    name = "mats_portal"
    verbose_name = "Portal"


class PortalStaticFilesConfig(StaticFilesConfig):
    """Collect of Bootstrap only what a page loads: the rest costs half a minute of compression."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "bootstrap-grid*",
        "bootstrap-reboot*",
        "bootstrap-utilities*",
        "bootstrap.rtl*",
        "bootstrap.css*",
        "bootstrap*.js",
        "bootstrap*.js.map",
        "htm[ax]*-4*",
    ]
