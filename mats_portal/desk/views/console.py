"""The console: board, people, one person."""

from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from applications.models import Application, Document
from applications.queries import applications_visible_to, documents_visible_to
from applications.queries.files import content_type
from applications.states import ApplicationState
from core.access import note_opening
from core.http import attachment
from core.policies import policy
from mats_portal.desk import board as boards
from mats_portal.desk import people, person, silence
from streams.queries.cycles import all_cycles, query_for
from streams.views.in_view import cycle_in_view


@policy("desk.view_board")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show where the cycle stands and what waits."""
    cycle = cycle_in_view(request)
    return render(
        request, "desk/board.html", {"cycle": cycle, "board": boards.board(cycle, request.user) if cycle else None}
    )


@policy("desk.view_people")
@require_safe
def people_page(request: HttpRequest) -> HttpResponse:
    """List applications with filters, 50 a page."""
    cycle = cycle_in_view(request)
    asked = {key: request.GET.get(key, "")[:100].replace("\x00", "") for key in ("q", "state", "track")}
    after, everywhere = request.GET.get("after", ""), len(all_cycles()) > 1 and request.GET.get("everywhere") == "1"
    wanted = None if everywhere else cycle
    rows = people.person_rows(
        request.user,
        cycle=wanted,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None,
        **asked,
    )
    is_close = bool(asked["q"].strip()) and not rows and not after
    if is_close:
        rows = people.alike_rows(request.user, cycle=wanted, **asked)
    more = len(rows) > people.PAGE
    rows = rows[: people.PAGE]
    kept = {key: value for key, value in asked.items() if value} | ({"everywhere": "1"} if everywhere else {})
    stay = query_for(cycle)
    return render(
        request,
        "desk/people.html",
        {
            "rows": rows,
            "asked": asked,
            "is_close": is_close,
            "states": ApplicationState.choices,
            "tracks": cycle.tracks.order_by("order") if cycle else [],
            "next_query": "&".join(filter(None, [urlencode({**kept, "after": rows[-1].pk}), stay])) if more else "",
            "cycle": cycle,
            "everywhere": everywhere,
            "is_one_of_several": len(all_cycles()) > 1,
            "everywhere_query": "&".join(filter(None, [urlencode({**kept, "everywhere": "1"}), stay])),
        },
    )


@policy("desk.view_people", application=applications_visible_to)
@require_safe
def person_page(request: HttpRequest, application: Application) -> HttpResponse:
    """Show one application with its tracks, streams, tasks, answers, mails and record."""
    note_opening(subject_id=application.person_id, viewer=request.user, role="staff")
    return render(request, "desk/person.html", {"file": person.person_file(application, request.user)})


@policy("desk.view_people", document=documents_visible_to)
@require_safe
def document_file(request: HttpRequest, document: Document) -> FileResponse:
    """Hand out a file of an application to staff."""
    note_opening(subject_id=document.application.person_id, viewer=request.user, role="staff")
    return attachment(storage_name=document.storage_name, name=document.name, content_type=content_type(document))


@policy("desk.view_people")
@require_safe
def silence_page(request: HttpRequest) -> HttpResponse:
    """List the applications that have no dated next event; there should be none."""
    cycle = cycle_in_view(request)
    return render(request, "desk/silence.html", {"cycle": cycle, "rows": silence.silent_rows(cycle) if cycle else []})
