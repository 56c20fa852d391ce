"""Staff pages about evaluations."""

from dataclasses import asdict

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.domain.scores import check_scores, import_scores, read_scores
from applications.domain.timed import end_accommodation, grant_time
from applications.models import Application
from applications.queries import applications_visible_to
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import evaluating
from streams.views.in_view import cycle_in_view


@policy("desk.view_evaluations")
@require_safe
def evaluations(request: HttpRequest) -> HttpResponse:
    """List the evaluations of the cycle with how far people are."""
    cycle = cycle_in_view(request)
    rows = evaluating.definition_rows(cycle) if cycle else []
    context = {
        "cycle": cycle,
        "rows": rows,
        "providers": evaluating.providers(),
        "tracks": cycle.tracks.order_by("order") if cycle else [],
    }
    return render(request, "desk/evaluations.html", context)


@policy("desk.import_scores")
@require_http_methods(["GET", "HEAD", "POST"])
def scores_import(request: HttpRequest) -> HttpResponse:
    """Read a file of scores: first say what it would do, then do it."""
    if request.method != "POST":
        return _scores_page(request, evaluating.ScoresForm())
    form = evaluating.ScoresForm(request.POST, request.FILES)
    if not form.is_valid():
        return _scores_page(request, form, status=422)
    provider, content = form.cleaned_data["provider"], form.cleaned_data["content"]
    try:
        reported = read_scores(content)
        if request.POST.get("act") != "import":
            outcome = check_scores(provider=provider, reported=reported)
            return _scores_page(request, form, checked={"outcome": asdict(outcome), "content": content})
        outcome = import_scores(provider=provider, reported=reported, source="csv", by=request.user)
    except Refused as refused:
        form.add_error("file", str(refused))
        return _scores_page(request, form, status=422)
    messages.success(request, f"{len(outcome.new)} new and {len(outcome.changed)} changed scores are stored.")
    return redirect("desk:evaluations")


def _scores_page(
    request: HttpRequest, form: evaluating.ScoresForm, *, checked: dict | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "errors_on_page": bool(form.errors), "has_providers": bool(evaluating.providers())}
    if checked:
        context |= checked | {"provider": form.cleaned_data["provider"]}
    return render(request, "desk/scores_import.html", context, status=status)


@policy("desk.grant_time", application=applications_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def more_time(request: HttpRequest, application: Application) -> HttpResponse:
    """Give one person more time."""
    form = evaluating.TimeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                grant_time(
                    person=application.person,
                    factor=form.cleaned_data["factor"],
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                )
            except Refused as refused:
                form.add_error(None, str(refused))
                status = 409
            else:
                messages.success(request, "The time is granted.")
                return redirect("desk:more_time", application=application.public_id)
    context = {
        "application": application,
        "granted": evaluating.accommodation_of(application),
        "form": form,
        "errors_on_page": bool(form.errors),
    }
    return render(request, "desk/more_time.html", context, status=status)


@policy("desk.grant_time", application=applications_visible_to)
@require_POST
def more_time_end(request: HttpRequest, application: Application) -> HttpResponse:
    """End what was granted."""
    granted = evaluating.accommodation_of(application)
    if granted is None:
        raise Http404
    end_accommodation(accommodation=granted, by=request.user)
    messages.success(request, "It no longer holds for tasks that are not started yet.")
    return redirect("desk:more_time", application=application.public_id)
