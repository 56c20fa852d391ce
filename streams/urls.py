"""Addresses of the public site."""

from django.urls import path

from streams.views import catalogue, help_pages, programme, saved

app_name = "streams"
urlpatterns = [
    path("", programme.home, name="home"),
    path("dates/", programme.dates, name="dates"),
    path("dates.ics", programme.dates_ics, name="dates_ics"),
    path("tracks/", programme.tracks, name="tracks"),
    path("tracks/finder/", programme.track_finder, name="finder"),
    path("tracks/<slug:slug>/", programme.track, name="track"),
    path("streams/", catalogue.catalogue, name="catalogue"),
    path("streams/compare/", catalogue.compare, name="compare"),
    path("streams/saved/", saved.saved, name="saved"),
    path("streams/<slug:slug>/save/", saved.save, name="save"),
    path("streams/<slug:slug>/", catalogue.detail, name="detail"),
    path("privacy/", programme.privacy, name="privacy"),
    path("accessibility/", programme.accessibility, name="accessibility"),
    path("help/", help_pages.help_page, name="help"),
    path("help/for/<slug:step>/", help_pages.help_step, name="help_step"),
    path("help/<slug:slug>/", help_pages.help_entry, name="help_entry"),
    path("console/setup/help/", help_pages.help_list, name="help_list"),
    path("console/setup/help/new/", help_pages.help_new, name="help_new"),
    path("console/setup/help/<str:entry>/", help_pages.help_edit, name="help_edit"),
]
