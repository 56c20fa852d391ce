"""Check, submit, receipt, reopen, withdraw."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.domain.application import reopen_application, submit_application, withdraw_application
from applications.forms.answers import SubmitForm
from applications.queries import dates_for, own_applications
from applications.queries.calendar import on
from applications.queries.choices import hidden_from_first_readers, tracks_applied_to
from applications.queries.sections import is_writable, sections_of
from applications.queries.snapshots import handed_in_copy
from applications.queries.summary import check_sections, withdrawal_consequences
from applications.states import ApplicationState
from applications.views.own import own_application
from core import clock
from core.policies import LOGIN, policy
from core.refusals import Refused


@policy(LOGIN)
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Show every answer once more, with what is missing first."""
    return _check_page(request, SubmitForm())


def _check_page(request: HttpRequest, form: SubmitForm, status: int = 200) -> HttpResponse:
    application = own_application(request)
    sections = sections_of(application)
    dates = dates_for(application)
    tracks = tracks_applied_to(application)
    errors = [
        {"url": f"{section.url}?back=check#{target}", "text": text}
        for section in sections
        for target, text in section.problems
    ]
    return render(
        request,
        "applications/check.html",
        {
            "application": application,
            "problems": errors,
            "tracks": [(track.name, track.get_absolute_url()) for track in tracks],
            "form": form,
            "sections": check_sections(sections, hidden_from_first_readers(tracks)),
            "deadline": dates.deadline("general_closes"),
            "is_writable": is_writable(application, dates),
            "errors_on_page": bool(form.errors),
        },
        status=status,
    )


@policy(LOGIN)
@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """Hand in the application; pressing twice leads to the same receipt."""
    application = own_application(request)
    form = SubmitForm(request.POST)
    if not form.is_valid():
        return _check_page(request, form, status=422)
    try:
        application = submit_application(
            application=application, by=request.user, minutes_taken=form.cleaned_data["minutes_taken"]
        )
    except Refused:
        if is_writable(application):
            # Something is missing: the page itself says what, with links.
            return _check_page(request, form, status=422)
        raise
    return redirect("applications:receipt", reference=application.reference)


@policy(LOGIN)
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Show that the application is in, and what happens next."""
    application = get_object_or_404(own_applications(request.user).select_related("cycle"), reference=reference)
    copy = handed_in_copy(application)
    if copy is None:
        return redirect("applications:tasklist")
    dates = dates_for(application)
    can_reopen = application.released_state == ApplicationState.SUBMITTED
    return render(
        request,
        "applications/receipt.html",
        {
            "application": application,
            "copy": copy,
            "screen_on": on(dates, "screen_released"),
            "stage2_closes": on(dates, "stage2_closes"),
            "deadline": dates.deadline("general_closes"),
            "can_reopen": can_reopen and not dates.deadline("general_closes").is_past(clock.arrival()),
        },
    )


@policy(LOGIN)
@require_safe
def receipt_text(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the person their own copy as text."""
    application = get_object_or_404(own_applications(request.user).select_related("cycle"), reference=reference)
    copy = handed_in_copy(application)
    if copy is None:
        return redirect("applications:tasklist")
    response = render(
        request,
        "applications/receipt.txt",
        {"application": application, "copy": copy},
        content_type="text/plain; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="application-{application.reference}.txt"'
    return response


@policy(LOGIN)
@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    """Take the application back to change it."""
    application = reopen_application(application=own_application(request), by=request.user)
    messages.success(request, f"Application {application.reference} is reopened. Submit it again when you are done.")
    return redirect("applications:tasklist")


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Show what withdrawing ends; do it on POST."""
    application = own_application(request)
    if request.method == "POST":
        withdraw_application(application=application, by=request.user)
        messages.success(request, f"Application {application.reference} is withdrawn.")
        return redirect("desk:dashboard")
    return render(
        request,
        "applications/withdraw.html",
        {
            "application": application,
            "consequences": withdrawal_consequences(application),
            "action": reverse("applications:withdraw"),
            "back_url": reverse("desk:dashboard"),
        },
    )
