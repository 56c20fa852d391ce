"""Addresses of the public site."""

from django.urls import path

from streams.views import catalogue, programme, saved

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
    path("help/", programme.help_page, name="help"),
]
