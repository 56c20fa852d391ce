"""All addresses: each app brings its own; the demo's exist only in demo mode."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from mats_portal.desk.admin import site

APPS = ["core", "accounts", "streams", "applications", "reviews", "matching", "mats_portal.desk"]


def _is_there(app: str) -> bool:
    needed = [f"{app}.urls"]
    if app == "mats_portal.desk":
        needed += ["mats_portal.desk.views.dashboard"]
    return all(find_spec(name) for name in needed)


urlpatterns = [
    *(path("", include(f"{app}.urls")) for app in APPS if _is_there(app)),
    path("account/", include("allauth.urls")),
    path("admin/", site.urls),
]
if settings.DEMO_MODE and find_spec("mats_portal.demo.urls"):
    urlpatterns.append(path("demo/", include("mats_portal.demo.urls")))
