"""Nobody with a role works with a password or a mailbox alone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.queries import has_second_factor, must_have_second_factor
from core.policies import PUBLIC


class SecondFactorMiddleware:
    """Lead people with a role to set up a second factor before their first page; see ``must_have_second_factor``.

    A person who has one is asked for it at each sign-in by the sign-in library itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        """Let pass what needs no account, and the pages of the account itself."""
        declared = getattr(view, "policy", None)
        if (declared and declared.permission == PUBLIC) or request.path_info.startswith(reverse("accounts:profile")):
            return None
        if not must_have_second_factor(request.user) or has_second_factor(request.user):
            return None
        messages.warning(request, "Your role needs a second factor. Set one up, then you can go on.")
        address = reverse("mfa_index")
        if getattr(request, "htmx", False):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)
