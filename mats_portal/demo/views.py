"""The demo's own pages. They exist in demo mode only and answer 404 in any other."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from core import clock, deadlines
from core.policies import PUBLIC, policy
from core.refusals import Refused
from mats_portal.demo import domain, queries
from mats_portal.demo.forms import STEPS, MomentForm, StepForm


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 outside the demo: the second lock, behind the missing route."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO_MODE:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@policy(PUBLIC)
@demo_only
@require_safe
def people_and_clock(request: HttpRequest) -> HttpResponse:
    """Show whom a visitor can be and to which moment the clock can go."""
    return _page(request, MomentForm())


def _page(request: HttpRequest, form: MomentForm, status: int = 200) -> HttpResponse:
    words, cycle, now = request.GET.get("q", "").strip()[:100], queries.public_cycle(), clock.now()
    return render(
        request,
        "demo/people_and_clock.html",
        {
            "groups": queries.account_groups(),
            "applicants": queries.applicants_called(words)
            if words
            else [*queries.applicant_examples(), *queries.returning_examples()],
            "words": words,
            "referees": queries.referee_links(),
            "scenes": queries.scenes(cycle, now) if cycle else [],
            "calendar": queries.calendar(cycle, now) if cycle else [],
            "now": now,
            "form": form,
            "errors_on_page": bool(form.errors),
            "mailbox": getattr(settings, "EMAIL_FILE_PATH", ""),
        },
        status=status,
    )


@policy(PUBLIC, person=queries.people_visible_to)
@demo_only
@require_POST
def sign_in(request: HttpRequest, person: User) -> HttpResponse:
    """Become an invented person."""
    if request.user.is_authenticated:
        logout(request)
    # As if by a code: pages that ask for a fresh sign-in are content for a quarter of an hour.
    record_authentication(request, person, method="code")
    return perform_login(request, person, redirect_url=_back(request) or queries.home_of(person))


def _back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else ""


@policy(PUBLIC)
@demo_only
@require_POST
def move_clock(request: HttpRequest) -> HttpResponse:
    """Move "now", forward or back, and wait until every process has read it."""
    form, step = MomentForm(request.POST), StepForm(request.POST)
    if step.is_valid():
        form, to = MomentForm(), clock.now() + STEPS[step.cleaned_data["step"]]
    elif form.is_valid():
        to = form.cleaned_data["moment"]
    else:
        return _page(request, form, status=422)
    try:
        domain.move_clock(to=to, by=request.user if request.user.is_authenticated else None)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, form, status=409)
    # Each process reads the clock once a second; without the wait the next page could show the old time.
    time.sleep(1.1)
    messages.success(request, f"It is now {deadlines.written(clock.now(), 'UTC')}.")
    return redirect(_back(request) or "demo:people_and_clock")
