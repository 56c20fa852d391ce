"""Addresses of one's own account; the sign-in library brings the others below the same prefix."""

from django.urls import path

from accounts.views import profile

app_name = "accounts"
urlpatterns = [path("account/", profile.profile, name="profile")]
