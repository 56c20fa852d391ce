"""Pages of the general application: start, list of sections, one section, tracks."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.domain.application import choose_tracks, start_application
from applications.domain.bringing import bring_answers
from applications.forms.answers import TracksForm
from applications.models import Application
from applications.queries import current_application, dates_for
from applications.queries.bringing import bringing, earlier_application
from applications.queries.choices import (
    current_cycle,
    dropped_tracks,
    hidden_from_first_readers,
    tracks_applied_to,
    tracks_of,
)
from applications.queries.form_changes import form_changes
from applications.queries.history import earlier_texts
from applications.queries.offers import reuse_offers
from applications.queries.sections import TRACKS, Section, is_writable, section_readers, sections_of
from applications.queries.sheets import general_place, track_places
from applications.states import AnswerScope, ApplicationState
from applications.views.own import own_application
from applications.views.saving import Saving, autosave, clock_time, is_autosave, save_page
from core import clock
from core.policies import LOGIN, policy
from core.refusals import Refused
from streams.models import Track


@policy(LOGIN)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin an application in the cycle that is open, or go to the one that exists."""
    cycle = current_cycle()
    if cycle is None:
        raise Refused("No cycle is open for applications now.")
    start_application(cycle=cycle, person=request.user, by=request.user)
    return redirect("applications:tasklist")


@policy(LOGIN)
@require_safe
def tasklist(request: HttpRequest) -> HttpResponse:
    """List the sections with how far each is."""
    application = current_application(request.user)
    if application is None:
        return redirect("desk:dashboard")
    dates, sections = dates_for(application), sections_of(application)
    writable = is_writable(application, dates)
    unfinished = next((section for section in sections if not section.is_complete), None)
    return render(
        request,
        "applications/tasklist.html",
        {
            "application": application,
            "dates": dates,
            "is_writable": writable,
            "earlier": earlier_application(application.person_id, application.cycle) if writable else None,
            "dropped": dropped_tracks(application) if writable else [],
            "n_brought": sum(
                bool(one.answer and one.answer.taken_from) for section in sections for one in section.items
            ),
            "deadline": dates.deadline("general_closes"),
            "can_reopen": application.released_state == ApplicationState.SUBMITTED
            and not dates.deadline("general_closes").is_past(clock.arrival()),
            "form_changes": form_changes(application, [general_place(application), *track_places(application)])
            if writable
            else [],
            "tasks": [
                {
                    "label": section.title,
                    "url": section.url,
                    "kind": section.state[0],
                    "state": section.state[1],
                    "minutes": section.minutes,
                    "hint": too_long_words(section),
                    "due": saved_words(request, section),
                }
                for section in sections
            ],
            "n_complete": sum(section.is_complete for section in sections),
            "n_sections": len(sections),
            "minutes_left": sum(section.minutes_left for section in sections),
            "unfinished": unfinished,
            "readers": [{"title": section.title, "readers": section_readers(section)} for section in sections],
        },
    )


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """List what an earlier application answers and what is different now; bring it on POST."""
    application = current_application(request.user)
    if application is None:
        return redirect("desk:dashboard")
    if request.method == "POST":
        n_brought = bring_answers(application=application, by=request.user)
        if n_brought:
            words = "1 answer was brought." if n_brought == 1 else f"{n_brought} answers were brought."
            messages.success(request, f"{words} Each is marked. Read them again before you submit.")
        else:
            messages.info(request, "There was nothing more to bring.")
        return redirect("applications:tasklist")
    return render(
        request,
        "applications/bring.html",
        {"application": application, "found": bringing(application), "is_writable": is_writable(application)},
    )


def too_long_words(section: Section) -> str:
    """Say how many answers of a section are too long."""
    if not section.n_too_long:
        return ""
    return "1 answer too long" if section.n_too_long == 1 else f"{section.n_too_long} answers too long"


def saved_words(request: HttpRequest, section: Section) -> str:
    """Say when a section was last saved."""
    return f"saved {clock_time(request, section.saved_at)}" if section.saved_at else ""


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, section: str) -> HttpResponse:
    """Show one section; save a field of it, or all of it."""
    application = own_application(request)
    sections = sections_of(application)
    index = next((n for n, one in enumerate(sections) if one.code == section), None)
    if index is None:
        raise Http404
    page = sections[index]
    if page.place is None:
        return _tracks(request, application, sections)
    saving = Saving()
    if request.method == "POST":
        if is_autosave(request):
            return autosave(request, application, page.place, page.items)
        saving = save_page(request, application, page.place, page.items)
        if saving.is_clean:
            return redirect(_next_address(request, sections, index))
        page = next(one for one in sections_of(application) if one.code == section)
    writable = is_writable(application) or bool(saving.refused)
    is_offered = writable and page.place is not None and page.place.scope == AnswerScope.TRACK
    return render(
        request,
        "applications/section.html",
        {
            "application": application,
            "section": page,
            "number": index + 1,
            "n_sections": len(sections),
            "fields": saving.fields(
                page.items,
                blind=hidden_from_first_readers(tracks_applied_to(application)),
                shows_problem=request.GET.get("back") == "check",
                offers=reuse_offers(application, page.place, page.items) if is_offered else None,
            ),
            "errors": saving.summary(),
            "errors_on_page": not saving.is_clean,
            "readonly": not writable,
            "readers": section_readers(page),
            "deadline": dates_for(application).deadline("general_closes"),
            "saved_at": clock_time(request, page.saved_at) if page.saved_at else "",
            "back": "check" if "check" in {request.GET.get("back"), request.POST.get("back")} else "",
            "versions_url": reverse("applications:versions", args=[page.code]),
        },
        status=200 if saving.is_clean else saving.status,
    )


def _next_address(request: HttpRequest, sections: Sequence[Section], index: int) -> str:
    if request.POST.keys() & {"resolve", "stay", "remove-file", "use"}:
        return request.get_full_path()
    if request.POST.get("back") == "check":
        return reverse("applications:check")
    if "to-list" in request.POST:
        return reverse("applications:tasklist")
    return sections[index + 1].url if index + 1 < len(sections) else reverse("applications:check")


def _tracks(request: HttpRequest, application: Application, sections: Sequence[Section]) -> HttpResponse:
    tracks = tracks_of(application.cycle)
    chosen = set(application.track_applications.values_list("track__public_id", flat=True))
    form = TracksForm(tracks=tracks, initial={"tracks": sorted(chosen)})
    index = next(n for n, one in enumerate(sections) if one.code == TRACKS)
    if request.method == "POST":
        form = TracksForm(request.POST, tracks=tracks)
        if form.is_valid():
            wanted = form.chosen()
            dropped = [track for track in tracks if track.public_id in chosen and track not in wanted]
            if dropped and "confirmed" not in request.POST:
                return render(
                    request,
                    "applications/drop_tracks.html",
                    {
                        "application": application,
                        "dropped": _dropped(sections, dropped),
                        "wanted": wanted,
                        "hidden": [{"name": "tracks", "value": track.public_id} for track in wanted]
                        + [
                            {"name": "confirmed", "value": "yes"},
                            {"name": "back", "value": request.POST.get("back", "")},
                        ],
                    },
                )
            choose_tracks(application=application, tracks=wanted, by=request.user)
            return redirect(_next_address(request, sections_of(application), index))
    return render(
        request,
        "applications/tracks.html",
        {
            "application": application,
            "form": form,
            "readonly": not is_writable(application),
            "number": index + 1,
            "n_sections": len(sections),
            "chosen": [track for track in tracks if track.public_id in chosen],
            "back": "check" if "check" in {request.GET.get("back"), request.POST.get("back")} else "",
            "errors_on_page": bool(form.errors),
            "deadline": dates_for(application).deadline("general_closes"),
        },
        status=422 if form.errors else 200,
    )


def _dropped(sections: Sequence[Section], dropped: Sequence[Track]) -> list[dict[str, object]]:
    rows = []
    for track in dropped:
        pages = [page for page in sections if page.place and page.place.scope_key == track.public_id]
        items = [one for page in pages for one in page.items]
        rows.append(
            {
                "text": track.name,
                "count": sum(one.answer is not None for one in items),
                "note": "answers are kept, and come back when you choose the track again.",
            }
        )
    return rows


@policy(LOGIN)
@require_safe
def versions(request: HttpRequest, section: str) -> HttpResponse:
    """Show the last saves of a section."""
    application = own_application(request)
    page = next((one for one in sections_of(application) if one.code == section and one.place), None)
    if page is None:
        raise Http404
    return render(
        request,
        "applications/versions.html",
        {
            "application": application,
            "title": page.title,
            "back_url": page.url,
            "texts": earlier_texts(page.items),
        },
    )
