"""Addresses of the demo's own pages, below /demo/."""

from django.urls import path

from mats_portal.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.people_and_clock, name="people_and_clock"),
    path("sign-in/<str:person>/", views.sign_in, name="sign_in"),
    path("clock/", views.move_clock, name="move_clock"),
]
