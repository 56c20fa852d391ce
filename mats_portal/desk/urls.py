"""Addresses of the pages that gather from several apps."""

from django.urls import path

from mats_portal.desk.views import console, dashboard, gallery, mentor, process

app_name = "desk"
urlpatterns = [
    path("how-it-works/", process.process, name="process"),
    path("my/", dashboard.dashboard, name="dashboard"),
    path("mentor/", mentor.mentor, name="mentor"),
    path("console/", console.board, name="board"),
    path("console/people/", console.people_page, name="people"),
    path("console/people/<str:application>/", console.person_page, name="person"),
    path("console/setup/components/", gallery.gallery, name="gallery"),
]
