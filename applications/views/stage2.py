"""Stage 2: the hub, one stream's questions."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.domain.application import add_track
from applications.domain.streams import (
    AGREEMENT,
    add_stream,
    choose_areas,
    reopen_stream_application,
    submit_stream_application,
    withdraw_stream_application,
)
from applications.models import StreamApplication
from applications.queries import current_application, released_wording
from applications.queries.calendar import on
from applications.queries.choices import public_stream, tracks_of
from applications.queries.choosing import stream_choice
from applications.queries.history import earlier_texts
from applications.queries.offers import reuse_offers
from applications.queries.sheets import stream_place
from applications.queries.stage2 import StreamSheet, hours, hub, stream_sheet
from applications.queries.wording import stream_wording
from applications.states import ApplicationState, StreamApplicationState
from applications.views.own import own_application, own_stream_application
from applications.views.saving import Saving, autosave, clock_time, is_autosave, save_page
from core import clock
from core.policies import LOGIN, policy
from core.refusals import Refused


@policy(LOGIN)
@require_safe
def stage2(request: HttpRequest) -> HttpResponse:
    """Show own streams and tasks, the effort, and what can be added."""
    application = current_application(request.user)
    if application is None:
        return redirect("desk:dashboard")
    view = hub(application)
    return render(
        request,
        "applications/stage2.html",
        {
            "application": application,
            "hub": view,
            "effort": hours(view.effort),
            "budget": hours(view.budget),
            "is_over": view.effort > view.budget,
            "opens_on": on(view.dates, "stage2_opens"),
            "closes_at": view.dates.instant("stage2_closes"),
            "closes_zone": view.dates.zone("stage2_closes"),
            "is_early": application.released_state
            in {
                ApplicationState.DRAFT,
                ApplicationState.SUBMITTED,
                ApplicationState.IN_SCREEN,
            },
            "wording": released_wording(application, view.dates),
        },
    )


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def stream_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what a stream means for this person; add it to their own on POST and go to its questions."""
    application = current_application(request.user)
    if application is None:
        if request.method != "POST":
            return redirect("desk:dashboard")
        raise Http404
    stream = public_stream(application.cycle, slug)
    if stream is None:
        raise Http404
    if request.method != "POST":
        context = {"application": application, "choice": stream_choice(application, stream)}
        return render(request, "applications/stream_choice.html", context)
    add_stream(application=application, stream=stream, by=request.user)
    return redirect("applications:stream_form", slug=slug)


@policy(LOGIN)
@require_POST
def track_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add the track that leads to a stream (``stream``: its slug) while stage 1 is open, and go back to it."""
    application = own_application(request)
    track = next((one for one in tracks_of(application.cycle) if one.slug == slug), None)
    if track is None:
        raise Http404
    add_track(application=application, track=track, by=request.user)
    messages.success(request, f"{track.name} is among your tracks now. Its questions are in your application.")
    stream = public_stream(application.cycle, request.POST.get("stream", "")[:100].replace("\x00", ""))
    return redirect("applications:stream_add", stream.slug) if stream else redirect("applications:tasklist")


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def stream_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one stream's questions; save a field, or all of it, or submit."""
    row = own_stream_application(request, slug)
    sheet = stream_sheet(row)
    place, items = stream_place(row), _items(sheet)
    if request.method != "POST":
        return _stream_page(request, sheet, Saving())
    if is_autosave(request):
        return autosave(request, row.application, place, items)
    saving = save_page(request, row.application, place, items)
    _save_areas(request, sheet, saving)
    if not saving.is_clean:
        return _stream_page(request, stream_sheet(row), saving)
    if "submit" not in request.POST or "use" in request.POST:
        return redirect("applications:stage2" if "to-list" in request.POST else request.get_full_path())
    return _submit(request, row)


def _items(sheet: StreamSheet) -> list:
    return [one for part in sheet.sections for one in part.items]


def _save_areas(request: HttpRequest, sheet: StreamSheet, saving: Saving) -> None:
    if not sheet.areas or "has-areas" not in request.POST:
        return
    wanted = set(request.POST.getlist("areas"))
    try:
        choose_areas(
            stream_application=sheet.row,
            by=request.user,
            areas=[area for area in sheet.row.stream.areas.all() if area.public_id in wanted],
        )
    except Refused as refused:
        saving.refused = str(refused)


def _submit(request: HttpRequest, row: StreamApplication) -> HttpResponse:
    sheet = stream_sheet(row)
    problems = list(sheet.problems)
    if sheet.agreement and AGREEMENT not in request.POST.getlist("acknowledged"):
        problems.append(("field-agreement", "Tick that you have read the agreement"))
    if problems and sheet.is_draft:
        return _stream_page(request, sheet, Saving(), problems)
    submit_stream_application(
        stream_application=row, by=request.user, acknowledged=request.POST.getlist("acknowledged")
    )
    messages.success(request, f"Submitted to {row.stream.title}.")
    return redirect("applications:stage2")


def _stream_page(
    request: HttpRequest, sheet: StreamSheet, saving: Saving, problems: list[tuple[str, str]] | None = None
) -> HttpResponse:
    errors = saving.summary() + [{"target": target, "text": text} for target, text in problems or []]
    status = saving.status if not saving.is_clean else 422 if problems else 200
    saved = max((part.saved_at for part in sheet.sections if part.saved_at), default=None)
    kind, words = stream_wording(sheet.row)
    offers = reuse_offers(sheet.row.application, stream_place(sheet.row), _items(sheet)) if sheet.is_draft else {}
    return render(
        request,
        "applications/stream_form.html",
        {
            "row": sheet.row,
            "stream": sheet.row.stream,
            "sheet": sheet,
            "readonly": not sheet.is_draft,
            "sections": [
                {
                    "title": part.title,
                    "intro": part.intro,
                    "fields": saving.fields(
                        part.items, shows_problem=bool(problems), says_readers=False, offers=offers
                    ),
                }
                for part in sheet.sections
            ],
            "errors": errors,
            "errors_on_page": bool(errors),
            "area_error": next((text for target, text in problems or [] if target == "field-areas"), ""),
            "kind": kind,
            "words": words,
            "saved_at": clock_time(request, saved) if saved else "",
            "closes_at": sheet.dates.instant("stage2_closes"),
            "closes_zone": sheet.dates.zone("stage2_closes"),
            "can_reopen": sheet.is_open
            and sheet.row.released_state == StreamApplicationState.SUBMITTED
            and not sheet.dates.deadline("stage2_closes").is_past(clock.arrival()),
            "can_withdraw": sheet.is_open
            and sheet.row.released_state
            in {
                StreamApplicationState.DRAFT,
                StreamApplicationState.SUBMITTED,
            },
            "versions_url": reverse("applications:stream_versions", args=[sheet.row.stream.slug]),
        },
        status=status,
    )


@policy(LOGIN)
@require_safe
def stream_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the last saves of one stream's answers."""
    row = own_stream_application(request, slug)
    return render(
        request,
        "applications/versions.html",
        {
            "application": row.application,
            "title": row.stream.title,
            "texts": earlier_texts(_items(stream_sheet(row))),
            "back_url": reverse("applications:stream_form", args=[slug]),
        },
    )


@policy(LOGIN)
@require_POST
def stream_reopen(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a submitted stream application back to change it."""
    row = reopen_stream_application(stream_application=own_stream_application(request, slug), by=request.user)
    messages.success(request, "Reopened. What you submitted counts until you submit again.")
    return redirect("applications:stream_form", slug=row.stream.slug)


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def stream_withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what withdrawing from one stream means; do it on POST."""
    row = own_stream_application(request, slug)
    if request.method == "POST":
        withdraw_stream_application(stream_application=row, by=request.user)
        messages.success(request, f"Your application to {row.stream.title} is withdrawn.")
        return redirect("applications:stage2")
    return render(
        request,
        "applications/stream_withdraw.html",
        {
            "row": row,
            "stream": row.stream,
            "action": request.path,
            "back_url": reverse("applications:stream_form", args=[slug]),
        },
    )
