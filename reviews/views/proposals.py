"""Pages of a track's assignments: what is proposed, edited and applied; late and declined ones; handing one back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock, jobs
from core.policies import policy
from core.refusals import Refused
from reviews.domain import proposals as domain
from reviews.domain.assignments import decline_assignment, reassign
from reviews.forms.proposals import AssignmentFileForm, DeclineForm, DueForm, ReaderForm
from reviews.models import AssignmentProposal, ReviewAssignment
from reviews.queries import files, progress, proposals, review_assignments_visible_to, tracks_to_watch
from reviews.queries.people import reviewer_called
from reviews.queries.standing import key_of
from reviews.states import ProposalSource
from streams.models import Track


@policy("reviews.assign_track", track=tracks_to_watch)
@require_safe
def track_assignments(request: HttpRequest, track: Track) -> HttpResponse:
    """Show who has how much of a track, what is late or handed back, and the proposal that waits."""
    return _track_page(request, track, AssignmentFileForm())


def _track_page(
    request: HttpRequest,
    track: Track,
    form: AssignmentFileForm,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    page = progress.track_progress(track)
    context = {
        "page": page,
        "waiting": proposals.waiting_rows(track, request.user, closes_at=page.closes_at, now=clock.now()),
        "proposal": proposals.open_proposal(track),
        "running": proposals.running_proposal(track),
        "form": form,
        "errors": errors[:50],
        "n_more": max(len(errors) - 50, 0),
        "errors_on_page": bool(errors or form.errors),
    }
    return render(request, "reviews/track_assignments.html", context, status=status)


@policy("reviews.assign_track", track=tracks_to_watch)
@require_POST
def propose(request: HttpRequest, track: Track) -> HttpResponse:
    """Start the job that works out a proposal, or show the one that is at it."""
    running = proposals.running_proposal(track)
    return redirect(running or jobs.start("reviews.propose", by=request.user, track_id=track.pk))


@policy("reviews.assign_track", track=tracks_to_watch)
@require_POST
def propose_file(request: HttpRequest, track: Track) -> HttpResponse:
    """Look at a table of who reads what; if every line can be done, it becomes a proposal."""
    form = AssignmentFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _track_page(request, track, form, status=422)
    found = files.checked(track, form.cleaned_data["file"], request.user)
    if found.errors:
        return _track_page(request, track, AssignmentFileForm(), errors=found.errors, status=422)
    made = domain.create_proposal(
        track=track,
        source=ProposalSource.FILE,
        changes=[domain.NewChange(*line) for line in found.lines],
        by=request.user,
    )
    return redirect("reviews:proposal", made.public_id)


@policy("reviews.assign_proposal", proposal=proposals.proposals_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, proposal: AssignmentProposal) -> HttpResponse:
    """Show a proposed diff of the assignments; POST applies the version that was looked at."""
    form = DueForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            done = domain.apply_proposal(
                proposal=proposal,
                version=form.cleaned_data["version"] or 0,
                due_at=form.due_at,
                by=request.user,
            )
        except Refused as refusal:
            return _proposal_page(request, proposal, form, refused=str(refusal), status=409)
        messages.success(request, "Applied. Reviewers find their texts in their queues.")
        return redirect("reviews:proposal", done.public_id)
    return _proposal_page(request, proposal, form, status=422 if form.errors else 200)


def _proposal_page(
    request: HttpRequest, proposal: AssignmentProposal, form: DueForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    page = proposals.proposal_page(proposal, request.user)
    context = {"page": page, "form": form, "refused": refused, "errors_on_page": bool(refused or form.errors)}
    return render(request, "reviews/proposal.html", context, status=status)


@policy("reviews.assign_proposal", proposal=proposals.proposals_visible_to)
@require_POST
def proposal_discard(request: HttpRequest, proposal: AssignmentProposal) -> HttpResponse:
    """Give a proposal up."""
    domain.discard_proposal(proposal=proposal, by=request.user)
    messages.success(request, "Discarded. Everybody keeps what they have.")
    return redirect("reviews:track_assignments", proposal.track.public_id)


@policy("reviews.assign_proposal", proposal=proposals.proposals_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_line(request: HttpRequest, proposal: AssignmentProposal, line: str) -> HttpResponse:
    """Edit one line: somebody else reads it, it is dropped (``act``), or taken in again."""
    change = get_object_or_404(
        proposals.changes_visible_to(request.user).filter(proposal=proposal).select_related("proposal", "reviewer"),
        public_id=line.replace("\x00", ""),
    )
    act = request.POST.get("act", "")
    if request.method == "POST" and act in {"drop", "restore"}:
        (domain.drop_change if act == "drop" else domain.restore_change)(change=change, by=request.user)
        return redirect(f"{proposals.address(proposal)}#line-{change.public_id}")
    choices = proposals.choices_for(key_of(change), without=[change.reviewer_id])
    form = ReaderForm(request.POST if request.method == "POST" else None, choices=choices)
    refused = ""
    if form.is_valid():
        try:
            domain.swap_reader(change=change, reader=reviewer_called(form.cleaned_data["reader"]), by=request.user)
        except Refused as refusal:
            refused = str(refusal)
        else:
            return redirect(f"{proposals.address(proposal)}#line-{change.public_id}")
    context = {
        "row": proposals.change_row(change),
        "proposal": proposal,
        "form": form,
        "has_choice": bool(choices),
        "refused": refused,
        "errors_on_page": bool(refused or form.errors),
    }
    return render(
        request, "reviews/proposal_line.html", context, status=409 if refused else 422 if form.errors else 200
    )


@policy("reviews.reassign", assignment=proposals.assignments_watched_by)
@require_http_methods(["GET", "HEAD", "POST"])
def assignment_move(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Give a late or declined text to somebody else; who has the least to read is chosen already."""
    choices = proposals.choices_for(key_of(assignment), without=[assignment.reviewer_id])
    form = ReaderForm(request.POST if request.method == "POST" else None, choices=choices)
    refused, track = "", proposals.track_of(assignment)
    if form.is_valid():
        try:
            fresh = reassign(
                assignment=assignment, reader=reviewer_called(form.cleaned_data["reader"]), by=request.user
            )
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"{fresh.reviewer} reads it now.")
            return redirect("reviews:track_assignments", track.public_id)
    context = {
        "head": proposals.head_of(assignment),
        "track": track,
        "form": form,
        "has_choice": bool(choices),
        "refused": refused,
        "errors_on_page": bool(refused or form.errors),
    }
    return render(
        request, "reviews/assignment_move.html", context, status=409 if refused else 422 if form.errors else 200
    )


@policy("reviews.write_review", assignment=review_assignments_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Hand a text back with a reason: somebody else reads it."""
    form = DeclineForm(request.POST if request.method == "POST" else None)
    refused = ""
    if form.is_valid():
        try:
            decline_assignment(
                assignment=assignment,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                by=request.user,
            )
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, "Handed back. Somebody else reads it.")
            return redirect("reviews:queue")
    context = {
        "form": form,
        "label": assignment.label,
        "public_id": assignment.public_id,
        "refused": refused,
        "errors_on_page": bool(refused or form.errors),
    }
    return render(request, "reviews/decline.html", context, status=409 if refused else 422 if form.errors else 200)
