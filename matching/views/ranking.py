"""The page on which mentors put their people in tiers, and the page of one person."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.models import StreamApplication
from applications.queries.files import content_type, file_page
from core import clock
from core.access import note_opening
from core.http import attachment, render_page
from core.policies import policy
from core.refusals import Refused, Stale
from matching.domain import ordering
from matching.domain import rankings as domain
from matching.queries import people as people_queries
from matching.queries import rankings as queries
from matching.states import IfLate
from matching.views.reading import whole_number
from streams.models import Stream


@policy("matching.rank_people", stream=queries.streams_of_mentor)
@require_http_methods(["GET", "POST"])
def ranking(request: HttpRequest, stream: Stream) -> HttpResponse:
    """Show the rank order list of a stream; POST moves one person."""
    if request.method != "POST":
        return _shown(request, stream)
    wanted = _wanted(request)
    try:
        domain.save_ranking(
            rank_list=domain.ensure_rank_list(stream=stream, by=request.user),
            tiers=wanted[0],
            not_acceptable=wanted[1],
            version=_version(request),
            by=request.user,
        )
    except Stale as stale:
        return _conflict(request, stream, wanted, stale)
    except Refused as refusal:
        return _shown(request, stream, refused=str(refusal), status=409)
    if getattr(request, "htmx", False):
        return _shown(request, stream, told=_("Saved."))
    return redirect("matching:ranking", stream.public_id)


@policy("matching.rank_people", stream=queries.streams_of_mentor)
@require_POST
def ranking_submit(request: HttpRequest, stream: Stream) -> HttpResponse:
    """Hand the list in."""
    try:
        domain.submit_ranking(
            rank_list=domain.ensure_rank_list(stream=stream, by=request.user),
            version=_version(request),
            by=request.user,
        )
    except Refused as refusal:
        return _shown(request, stream, refused=str(refusal), status=409)
    messages.success(request, _("The list is submitted. You can take it back until the lock."))
    return redirect("matching:ranking", stream.public_id)


@policy("matching.rank_people", stream=queries.streams_of_mentor)
@require_POST
def ranking_take_back(request: HttpRequest, stream: Stream) -> HttpResponse:
    """Open a submitted list again."""
    try:
        domain.take_back_ranking(rank_list=domain.ensure_rank_list(stream=stream, by=request.user), by=request.user)
    except Refused as refusal:
        return _shown(request, stream, refused=str(refusal), status=409)
    messages.success(request, _("The list is a draft again. Submit it before the lock."))
    return redirect("matching:ranking", stream.public_id)


@policy("matching.rank_people", stream=queries.streams_of_mentor)
@require_POST
def ranking_late_rule(request: HttpRequest, stream: Stream) -> HttpResponse:
    """Choose what happens with a draft that nobody submits."""
    rule = request.POST.get("if_late", "")
    try:
        if rule not in IfLate.values:
            raise Refused(_("Choose one of the two rules."))
        domain.choose_late_rule(
            rank_list=domain.ensure_rank_list(stream=stream, by=request.user), if_late=rule, by=request.user
        )
    except Refused as refusal:
        return _shown(request, stream, refused=str(refusal), status=409)
    messages.success(request, _("The rule is saved."))
    return redirect("matching:ranking", stream.public_id)


@policy("matching.read_person", person=queries.people_visible_to)
@require_safe
def person(request: HttpRequest, stream: str, person: StreamApplication) -> HttpResponse:
    """Show one person to the mentors whom their application reached."""
    if person.stream.public_id != stream:
        raise Http404
    note_opening(subject_id=person.application.person_id, viewer=request.user, role="mentor")
    return render(request, "matching/person.html", {"person": people_queries.person_page(person, request.user)})


@policy("matching.read_person", person=queries.people_visible_to)
@require_safe
def person_file(request: HttpRequest, stream: str, person: StreamApplication, document: str) -> FileResponse:
    """Hand out a file of one person to the mentors whom their application reached."""
    found = people_queries.readable_file(person, document) if person.stream.public_id == stream else None
    if found is None:
        raise Http404
    note_opening(subject_id=person.application.person_id, viewer=request.user, role="mentor")
    return attachment(storage_name=found.storage_name, name=found.name, content_type=content_type(found))


@policy("matching.read_person", person=queries.people_visible_to)
@require_safe
def person_file_text(request: HttpRequest, stream: str, person: StreamApplication, document: str) -> HttpResponse:
    """Show the text of such a file: as a machine read it, or as its sender corrected that."""
    found = people_queries.readable_file(person, document) if person.stream.public_id == stream else None
    if found is None:
        raise Http404
    note_opening(subject_id=person.application.person_id, viewer=request.user, role="mentor")
    context = {"file": file_page(found), "person": person, "stream": stream}
    return render(request, "matching/file_text.html", context)


def _wanted(request: HttpRequest) -> tuple[list[list[str]], list[str]]:
    """Return the list that this window asks for: as it was shown, with one move made."""
    shown: dict[int, list[str]] = {}
    for value in request.POST.getlist("order"):
        number, _colon, name = value.partition(":")
        shown.setdefault(whole_number(number) or 0, []).append(name)
    tiers = [shown[number] for number in sorted(shown)]
    refused = request.POST.getlist("below")
    name, _colon, act = request.POST.get("move", "").partition(":")
    if act not in ordering.TIER_ACTS:
        return tiers, refused
    return ordering.retiered(tiers, refused, name, act, whole_number(request.POST.get(f"tier-{name}")))


def _conflict(
    request: HttpRequest, stream: Stream, wanted: tuple[list[list[str]], list[str]], stale: Stale
) -> HttpResponse:
    """Answer 409 with the stored list and the one that this window was making."""
    names = {row.public_id: str(row.application.person) for row in queries.people_of(stream)}
    page = queries.ranking_page(stream, clock.arrival())
    context: dict[str, Any] = {
        "stream": stream,
        "page": page,
        "reason": str(stale),
        "mine": [
            (number, [(name, names[name]) for name in tier if name in names])
            for number, tier in enumerate(wanted[0], start=1)
        ],
        "mine_refused": [(name, names[name]) for name in wanted[1] if name in names],
    }
    return render_page(
        request, "matching/ranking_conflict.html", "matching/_ranking_conflict.html", context, status=409
    )


def _shown(
    request: HttpRequest, stream: Stream, *, told: str = "", refused: str = "", status: int = 200
) -> HttpResponse:
    page = queries.ranking_page(stream, clock.arrival())
    numbers = range(1, len(page.tiers) + 2)
    context = {
        "stream": stream,
        "page": page,
        "numbers": numbers,
        "new_tier": len(page.tiers) + 1,
        "told": told,
        "refused": refused,
        "late_rules": IfLate.choices,
    }
    return render_page(request, "matching/ranking.html", "matching/_ranking.html", context, status=status)


def _version(request: HttpRequest) -> int:
    return whole_number(request.POST.get("version")) or 0
