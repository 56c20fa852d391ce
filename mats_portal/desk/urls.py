"""Addresses of the pages that gather from several apps."""

from django.urls import path

from mats_portal.desk.views import console, dashboard, gallery, mentor

app_name = "desk"
urlpatterns = [
    path("my/", dashboard.dashboard, name="dashboard"),
    path("mentor/", mentor.mentor, name="mentor"),
    path("console/", console.board, name="board"),
    path("console/people/", console.people_page, name="people"),
    path("console/people/<str:application>/", console.person_page, name="person"),
    path("console/setup/components/", gallery.gallery, name="gallery"),
]
