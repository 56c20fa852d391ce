"""The reviewer's pages: queue, one text beside its rubric, conflicts."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.queries.files import content_type, file_page, nameless
from applications.views.saving import clock_time
from core.access import note_opening
from core.http import attachment
from core.policies import policy
from core.refusals import Refused, Stale
from reviews.domain.conflicts import declare_conflict
from reviews.domain.reviews import OTHER_VERSION, OtherVersion, Reading, save_review_draft, submit_review
from reviews.domain.skipping import skip_text
from reviews.forms import ConflictForm, ReviewForm
from reviews.models import Review, ReviewAssignment
from reviews.queries import evidence, reading, review_assignments_visible_to, rubrics
from reviews.queries import queue as queues
from reviews.queries.access import texts_visible_to
from reviews.queries.comparing import is_asked
from reviews.queries.practice import practice_sets_of, sets_asked_first
from reviews.states import AssignmentState


@policy("reviews.view_queue")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show progress, what is begun and what is done."""
    found, sets = queues.queue(request.user, _area(request)), practice_sets_of(request.user)
    context = {
        "queue": found,
        "sets": sets,
        "pace": found.pace,
        "asked_first": sets_asked_first(sets, found.tracks_begun),
        "keys": [{"keys": "n", "act": "go on: practise, or review the next text"}],
    }
    return render(request, "reviews/queue.html", context)


def _area(request: HttpRequest) -> str:
    """Return the key of the area of a stream by which the reader goes through the queue; empty for all texts."""
    return (request.POST.get("area") or request.GET.get("area", ""))[:150].replace("\x00", "")


def _with_area(request: HttpRequest) -> str:
    """Return what an address ends with that keeps the area."""
    return f"?{urlencode({'area': area})}" if (area := _area(request)) else ""


@policy("reviews.view_queue")
@require_POST
def next_text(request: HttpRequest) -> HttpResponse:
    """Go to the reviewer's next text; ``skip`` (an assignment's public id) puts that one at the back."""
    key = request.POST.get("skip", "").replace("\x00", "")
    skipped = review_assignments_visible_to(request.user).filter(public_id=key).first() if key else None
    if skipped is not None:
        skip_text(assignment=skipped, by=request.user)
    return _to_next(request, skipped=skipped)


def _to_next(request: HttpRequest, *, skipped: ReviewAssignment | None = None) -> HttpResponse:
    following = queues.next_assignment(request.user, _area(request))
    if following is None:
        is_part = _area(request) and queues.next_assignment(request.user)
        messages.info(request, "Nothing is left to review in this area." if is_part else "Nothing is left to review.")
        return redirect("reviews:queue")
    if skipped is not None:
        is_last = following.pk == skipped.pk
        messages.info(
            request, "This is the last text in your queue." if is_last else f"{skipped.label} comes back at the end."
        )
    return redirect(reverse("reviews:review", args=[following.public_id]) + _with_area(request))


@policy("reviews.write_review", assignment=texts_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Show one text beside its rubric; keep a draft or hand the reading in."""
    if request.method != "POST":
        answer = _review_page(request, assignment, None)
        note_opening(subject_id=reading.subject_of(assignment), viewer=request.user, role="reviewer")
        return answer
    if "autosave" in request.POST:
        return _autosave(request, assignment)
    complete = request.POST.get("act") != "draft"
    own_name = request.user.display_name
    form = ReviewForm(request.POST, assignment=assignment, complete=complete, own_name=own_name)
    if form.is_of_another_version:
        return _other_version(request, assignment)
    if not form.is_valid():
        return _review_page(request, assignment, form, status=422)
    write = submit_review if complete else save_review_draft
    try:
        write(assignment=assignment, reading=_typed(form), version=form.cleaned_data["version"], by=request.user)
    except Stale as stale:
        return _review_page(request, assignment, form, status=409, stale=stale)
    except OtherVersion:
        return _other_version(request, texts_visible_to(request.user).get(pk=assignment.pk))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _review_page(request, assignment, form, status=409)
    if not complete:
        messages.success(request, f"Draft of {assignment.label} saved.")
        return redirect(reverse("reviews:review", args=[assignment.public_id]) + _with_area(request))
    messages.success(request, f"{assignment.label} is handed in. You can change it until the review closes.")
    if is_asked(assignment):
        messages.info(
            request, f"Another reader's levels of {assignment.label} are far from yours: two lines are needed."
        )
    return _to_next(request) if request.POST.get("act") == "next" else redirect("reviews:queue")


def _typed(form: ReviewForm) -> Reading:
    return Reading(
        scores=form.scores,
        confidence=form.cleaned_data["confidence"],
        feedback_public=form.cleaned_data["feedback_public"],
        note_internal=form.cleaned_data["note_internal"],
        rubric=form.cleaned_data["rubric"],
        follow_ups=form.follow_ups,
    )


def _autosave(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Keep a draft for the script of the page. Where two copies differ nothing is chosen: the buttons lead to both."""
    form = ReviewForm(request.POST, assignment=assignment, complete=False)
    if form.is_of_another_version:
        return _not_kept(request, OTHER_VERSION)
    if not form.is_valid():
        return JsonResponse({"error": form.problems()[0]["text"]}, status=422)
    try:
        kept = save_review_draft(
            assignment=assignment, reading=_typed(form), version=form.cleaned_data["version"], by=request.user
        )
    except Stale as stale:
        saved_at = clock_time(request, stale.current.saved_at) if isinstance(stale.current, Review) else ""
        return render(request, "reviews/_draft_conflict.html", {"saved_at": saved_at}, status=409)
    except Refused as refusal:
        return _not_kept(request, str(refusal))
    return JsonResponse({"version": kept.version, "saved_at": clock_time(request, kept.saved_at)})


def _not_kept(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "applications/_save_refused.html", {"reason": reason}, status=409)


def _other_version(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Show the levels that hold now beside the reader's own words; what they had chosen before is told in words."""
    typed = {name: value for name, value in request.POST.items() if not name.startswith("score-")}
    form = ReviewForm({**typed, "rubric": ""}, assignment=assignment, complete=False)
    form.is_valid()
    form.add_error(None, OTHER_VERSION)
    if former := rubrics.former_scores(request.POST.get("rubric", ""), request.POST):
        form.add_error(None, f"You had chosen: {former}.")
    return _review_page(request, assignment, form, status=409)


def _review_page(
    request: HttpRequest,
    assignment: ReviewAssignment,
    form: ReviewForm | None,
    *,
    status: int = 200,
    stale: Stale | None = None,
) -> HttpResponse:
    page = reading.review_page(assignment)
    criteria = page.criteria
    if form is None:
        form = ReviewForm(
            assignment=assignment,
            initial={
                "confidence": page.confidence,
                "feedback_public": page.feedback_public,
                "note_internal": page.note_internal,
                "follow_up_1": page.follow_ups[0],
                "follow_up_2": page.follow_ups[1],
                "version": page.version,
            },
        )
        errors: list[dict[str, str]] = []
    else:
        values, wrong, errors = form.posted_scores(), form.score_errors(), form.problems()
        criteria = tuple(replace(row, value=values[row.id], error=wrong.get(row.id, "")) for row in criteria)
    context: dict[str, Any] = {
        "page": page,
        "criteria": criteria,
        "form": form,
        "errors": errors,
        "errors_on_page": bool(errors),
        "progress": queues.progress_of(request.user),
        "stored": _stored(stale),
        # Not once it is handed in, and not over the copy of another window: those are choices.
        "saves_itself": page.is_open and not page.is_submitted and stale is None,
        "keys": KEYS,
        "area": _area(request),
        # After a conflict of tabs the next save is a choice: it goes over the stored version.
        "version": page.version if stale or form is None or not form.is_bound else form.data.get("version", ""),
    }
    return render(request, "reviews/review.html", context, status=status)


KEYS = [
    {"keys": "j k", "act": "next or previous criterion"},
    {"keys": "1-5, 0", "act": "score the criterion in focus; 0 is “cannot tell”"},
    {"keys": "e", "act": "go to the evidence of the criterion in focus"},
    {"keys": "c", "act": "declare a conflict"},
    {"keys": "i", "act": "say that the text reveals who it is"},
    {"keys": "x", "act": "skip to the back of the queue"},
    {"keys": "Ctrl+Enter", "act": "save and next"},
]


def _stored(stale: Stale | None) -> Any:
    return reading.stored_reading(stale.current) if stale and isinstance(stale.current, Review) else None


@policy("reviews.write_review", assignment=texts_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Declare a conflict of interest: the text leaves the table, and the next one comes."""
    form = ConflictForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        declare_conflict(
            assignment=assignment, kind=form.cleaned_data["kind"], note=form.cleaned_data["note"], by=request.user
        )
        messages.success(request, "Recorded. You will not see this person again.")
        return redirect("reviews:queue")
    context = {
        "form": form,
        "label": assignment.label,
        "public_id": assignment.public_id,
        "had_score": assignment.state == AssignmentState.SUBMITTED,
        "errors_on_page": bool(form.errors),
    }
    return render(request, "reviews/conflict.html", context, status=422 if form.errors else 200)


@policy("reviews.view_queue")
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """List what the reviewer has handed in."""
    return render(request, "reviews/done.html", {"queue": queues.queue(request.user)})


@policy("reviews.view_queue")
@require_safe
def conflicts(request: HttpRequest) -> HttpResponse:
    """List what the reviewer gave back because of a conflict."""
    return render(request, "reviews/conflicts.html", {"rows": queues.conflict_rows(request.user)})


@policy("reviews.view_queue")
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Explain how reading and scoring work."""
    return render(request, "reviews/guide.html", {"rubrics": rubrics.rubrics_of(request.user)})


@policy("reviews.write_review", assignment=texts_visible_to)
@require_safe
def review_file(request: HttpRequest, assignment: ReviewAssignment, document: str) -> FileResponse:
    """Hand out a file that belongs to the text, under a name that says nothing about its sender."""
    found = evidence.readable_file(assignment, document)
    if found is None:
        raise Http404
    note_opening(subject_id=reading.subject_of(assignment), viewer=request.user, role="reviewer")
    return attachment(storage_name=found.storage_name, name=nameless(found), content_type=content_type(found))


@policy("reviews.write_review", assignment=texts_visible_to)
@require_safe
def review_file_text(request: HttpRequest, assignment: ReviewAssignment, document: str) -> HttpResponse:
    """Show the text of such a file: as a machine read it, or as its sender corrected that."""
    found = evidence.readable_file(assignment, document)
    if found is None:
        raise Http404
    note_opening(subject_id=reading.subject_of(assignment), viewer=request.user, role="reviewer")
    context = {"assignment": assignment, "file": file_page(found)}
    return render(request, "reviews/file_text.html", context)
