"""The applicant's page about referees: name, have them asked, remind, replace. Never what they write."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from applications.domain.references import ask_for_reference, list_referee, remind_on_wish, replace_reference
from applications.forms.references import RefereeForm
from applications.models import Application, Reference
from applications.queries.references import own_references, referee_page
from applications.states import ReferenceState
from applications.views.own import own_application
from core.policies import LOGIN, policy
from core.refusals import Refused


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def referees(request: HttpRequest) -> HttpResponse:
    """Show one's referees and their states; name a further one."""
    application = own_application(request)
    form = RefereeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reference = list_referee(application=application, by=request.user, **form.values())
        except Refused as refused:
            form.add_error(None, str(refused))
            return _page(request, application, form, status=409)
        messages.success(request, _named(reference))
        return redirect("applications:referees")
    return _page(request, application, form, status=422 if form.errors else 200)


def _named(reference: Reference) -> str:
    if reference.state == ReferenceState.REQUESTED:
        return f"We have written to {reference.name}."
    return f"{reference.name} is listed. Nothing was sent yet."


def _page(request: HttpRequest, application: Application, form: RefereeForm, status: int) -> HttpResponse:
    return render(
        request,
        "applications/referees.html",
        {
            "application": application,
            "page": referee_page(application),
            "form": form,
            "errors_on_page": bool(form.errors),
        },
        status=status,
    )


@policy(LOGIN, referee=own_references)
@require_http_methods(["GET", "HEAD", "POST"])
def referee_replace(request: HttpRequest, referee: Reference) -> HttpResponse:
    """Say what replacing means; name somebody else, or nobody, in this place."""
    page = referee_page(referee.application)
    is_removal = "remove" in request.POST
    form = RefereeForm(request.POST if request.method == "POST" and not is_removal else None)
    status = 200
    try:
        if is_removal:
            replace_reference(reference=referee, by=request.user)
            messages.success(request, f"{referee.name} is no longer asked.")
            return redirect("applications:referees")
        if form.is_valid():
            named = list_referee(application=referee.application, replaces=referee, by=request.user, **form.values())
            messages.success(request, f"{referee.name} is no longer asked. {_named(named)}")
            return redirect("applications:referees")
    except Refused as refused:
        if not form.is_bound:
            raise
        form.add_error(None, str(refused))
        status = 409
    return render(
        request,
        "applications/referee_replace.html",
        {
            "application": referee.application,
            "referee": referee,
            "can_replace": any(row.can_replace for row in page.rows if row.public_id == referee.public_id),
            "was_asked": referee.state in {ReferenceState.REQUESTED, ReferenceState.STARTED},
            "form": form,
            "errors_on_page": bool(form.errors),
        },
        status=422 if form.errors and status == 200 else status,
    )


@policy(LOGIN, referee=own_references)
@require_POST
def referee_remind(request: HttpRequest, referee: Reference) -> HttpResponse:
    """Send one more mail to a referee who has not answered."""
    remind_on_wish(reference=referee, by=request.user)
    messages.success(request, f"We have written to {referee.name} again.")
    return redirect("applications:referees")


@policy(LOGIN, referee=own_references)
@require_POST
def referee_ask(request: HttpRequest, referee: Reference) -> HttpResponse:
    """Have a referee asked now, where the cycle leaves the moment to the applicant."""
    reference = ask_for_reference(reference=referee, by=request.user)
    messages.success(request, _named(reference))
    return redirect("applications:referees")
