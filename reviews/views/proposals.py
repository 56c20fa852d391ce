"""Pages of a track's assignments: what is proposed, edited and applied; late and declined ones; handing one back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock, jobs
from core.models import Job
from core.policies import policy
from core.refusals import Refused
from reviews.domain import proposals as domain
from reviews.domain.assignments import decline_assignment, reassign
from reviews.forms.proposals import AssignmentFileForm, DeclineForm, DueForm, ReaderForm
from reviews.models import AssignmentProposal, ReviewAssignment
from reviews.queries import files, progress, proposals, review_assignments_visible_to, tracks_to_watch
from reviews.queries.people import reviewer_called
from reviews.queries.standing import key_of
from reviews.states import ProposalSource, ProposalState
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


#: More lines than this are applied by a job: a person does not wait for a page that long.
AT_ONCE = 200
LINES_ON_A_PAGE = 100
#: Fewer lines than this are looked over without filters.
FEW = 20
#: Which lines of a proposal are listed.
SHOWN: dict[str, tuple[str, Callable[[proposals.ChangeRow], bool]]] = {
    "all": ("All", lambda row: True),  # noqa: ARG005 -- whatever it is
    "problems": ("Cannot be applied", lambda row: bool(row.problem)),
    "new": ("New", lambda row: not row.instead_of),
    "moved": ("Moved", lambda row: bool(row.instead_of)),
    "by-hand": ("Chosen by hand", lambda row: row.is_by_hand),
    "dropped": ("Dropped", lambda row: row.is_dropped),
}


@dataclass(frozen=True)
class Listing:
    """Which lines somebody looks at: a filter, part of a name or reference, a page."""

    show: str
    search: str
    page: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Listing":
        """Return what the address asks for; what it does not know is left out."""
        show = request.GET.get("show", "all")
        search = request.GET.get("q", "").replace("\x00", "").strip()[:80]
        return cls(show if show in SHOWN else "all", search, request.GET.get("page", ""))

    @property
    def query(self) -> str:
        """The filter and the search as they stand in an address."""
        return urlencode({"show": self.show, **({"q": self.search} if self.search else {})})

    @property
    def whole_query(self) -> str:
        """The same with the page, for the way back from an edit."""
        return f"{self.query}&{urlencode({'page': self.page})}" if self.page else self.query

    def lines(self, rows: Iterable[proposals.ChangeRow], line: str) -> Page:
        """Return one page of the rows that are asked for: the one with ``line``, if it is among them."""
        wanted, words = SHOWN[self.show][1], self.search.casefold()
        found = [
            row
            for row in rows
            if wanted(row)
            and (not words or words in f"{row.reference} {row.reader} {row.instead_of} {row.what}".casefold())
        ]
        pages = Paginator(found, LINES_ON_A_PAGE)
        at = next((place for place, row in enumerate(found) if line and row.public_id == line), None)
        return pages.get_page(self.page if at is None else at // LINES_ON_A_PAGE + 1)


@policy("reviews.assign_proposal", proposal=proposals.proposals_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, proposal: AssignmentProposal) -> HttpResponse:
    """Show a proposed diff of the assignments; POST applies the version that was looked at."""
    form = DueForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            if job := _large_apply(proposal, version=version, due_at=form.due_at, by=request.user):
                return redirect(job)
            done = domain.apply_proposal(proposal=proposal, version=version, due_at=form.due_at, by=request.user)
        except Refused as refusal:
            return _proposal_page(request, proposal, form, refused=str(refusal), status=409)
        messages.success(request, "Applied. Reviewers find their texts in their queues.")
        return redirect("reviews:proposal", done.public_id)
    return _proposal_page(request, proposal, form, status=422 if form.errors else 200)


def _large_apply(proposal: AssignmentProposal, *, version: int, due_at: datetime | None, by: Any) -> Job | None:
    """Start the job that applies a long proposal, or return the one that is at it; ``None`` for a short one."""
    if proposal.state != ProposalState.DRAFT or proposal.changes.count() <= AT_ONCE:
        return None
    if running := proposals.running_apply(proposal):
        return running
    domain.demand_fresh(proposal, version=version, due_at=due_at)
    return jobs.start(
        "reviews.apply",
        by=by,
        proposal_id=proposal.pk,
        version=version,
        due_at=due_at.isoformat() if due_at else "",
    )


def _proposal_page(
    request: HttpRequest, proposal: AssignmentProposal, form: DueForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    if request.method == "POST":
        # What was looked at is not what is there now: somebody has edited or applied it meanwhile.
        proposal = proposals.proposals_visible_to(request.user).get(pk=proposal.pk)
    page, listing = proposals.proposal_page(proposal, request.user), Listing.of(request)
    lines = listing.lines(page.rows, request.GET.get("line", ""))
    here = replace(listing, page=str(lines.number) if lines.number > 1 else "")
    context = {
        "page": page,
        "running": proposals.running_apply(proposal) if len(page.rows) > AT_ONCE else None,
        "rows": lines.object_list,
        "lines": lines,
        "listing": here,
        "filters": [
            {
                "label": f"{label} ({n})",
                "url": f"?{replace(listing, show=key, page='').query}",
                "on": key == listing.show,
            }
            for key, (label, wanted) in SHOWN.items()
            if (n := sum(map(wanted, page.rows))) or key in {"all", listing.show}
        ],
        "is_long": len(page.rows) > FEW or listing.search,
        "form": form,
        "refused": refused,
        "errors_on_page": bool(refused or form.errors),
    }
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
        proposals.changes_visible_to(request.user)
        .filter(proposal=proposal)
        .select_related(
            "proposal",
            "reviewer",
            "leaves__reviewer",
            "track_application__application",
            "evaluation__application",
            "evaluation__definition",
        ),
        public_id=line.replace("\x00", ""),
    )
    act, listing = request.POST.get("act", ""), Listing.of(request)
    back = f"{proposals.address(proposal)}?{listing.whole_query}"
    there = f"{back}&line={change.public_id}#line-{change.public_id}"
    if request.method == "POST" and act in {"drop", "restore"}:
        (domain.drop_change if act == "drop" else domain.restore_change)(change=change, by=request.user)
        return redirect(there)
    choices = proposals.choices_for(key_of(change), without=proposals.proposed_readers(change))
    form = ReaderForm(request.POST if request.method == "POST" else None, choices=choices)
    refused = ""
    if form.is_valid():
        try:
            domain.swap_reader(change=change, reader=reviewer_called(form.cleaned_data["reader"]), by=request.user)
        except Refused as refusal:
            refused = str(refusal)
        else:
            return redirect(there)
    context = {
        "back_url": there,
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
