"""All addresses: each app brings its own; the demo's exist only in demo mode."""

from django.conf import settings
from django.urls import include, path

from mats_portal.desk.admin import site

APPS = ["core", "accounts", "streams", "applications", "reviews", "matching", "mats_portal.desk"]

urlpatterns = [
    *(path("", include(f"{app}.urls")) for app in APPS),
    path("account/", include("allauth.urls")),
    path("admin/", site.urls),
]
if settings.DEMO_MODE:
    urlpatterns.append(path("demo/", include("mats_portal.demo.urls")))
