"""Name, time zone, and the ways to the sign-in settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.domain import people
from accounts.forms import ProfileForm
from core.policies import LOGIN, policy


@policy(LOGIN)
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and store one's own name and zone."""
    user = request.user
    form = ProfileForm(
        request.POST if request.method == "POST" else None,
        initial={"display_name": user.display_name, "timezone": user.timezone, "wants_reminders": user.wants_reminders},
    )
    if form.is_valid():
        people.save_profile(user=user, by=user, **form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return render(
        request,
        "accounts/profile.html",
        {"form": form, "errors_on_page": bool(form.errors)},
        status=422 if form.errors else 200,
    )
