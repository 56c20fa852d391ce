"""Staff pages to decide in batches: a reviewed diff, approved by a second person, released at once."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.reauth import fresh_sign_in_required
from core import jobs
from core.http import render_page
from core.models import Job
from core.policies import policy
from core.refusals import Refused, Stale
from reviews.domain import batches as domain
from reviews.forms import BatchForm, OutcomeForm, ScheduleForm
from reviews.models import DecisionBatch
from reviews.queries import batches, batches_visible_to, decisions_visible_to, letters, scopes
from reviews.states import BatchState
from streams.views.in_view import cycle_in_view, cycle_of_form, redirect_in

#: What is done to more decisions at once is a job: longer than a person waits for a page, and all the same one act.
AT_ONCE = 500
LINES_ON_A_PAGE = 250
EVERYBODY = "Everybody is still where the decision found them."
#: Which lines of a batch are listed.
SHOWN = {
    "all": ("All", bool),
    "flagged": ("Needs a look", lambda row: bool(row.flags)),
    "by-hand": ("Changed by hand", lambda row: not row.by_rule),
}


def large_act(kind: str, batch: DecisionBatch, *, by: Any, **params: Any) -> Job | None:
    """Start the job that does an act to a large batch, or return the one that is at it; ``None`` for a small one."""
    if batch.decisions.count() <= AT_ONCE:
        return None
    return batches.running_job(batch) or jobs.start(kind, by=by, batch_id=batch.pk, **params)


def version_in(request: HttpRequest) -> int:
    """Return which version the person looked at; 0, which is none, for anything else than a number."""
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() else 0


@policy("reviews.view_batches")
@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    """List the batches of the cycle in view."""
    cycle = cycle_in_view(request)
    context = {"rows": batches.batch_rows(request.user, cycle), "can_make": request.user.has_perm("reviews.make_batch")}
    context["cycle"] = cycle
    return render(request, "reviews/batches.html", context)


@policy("reviews.make_batch")
@require_http_methods(["GET", "HEAD", "POST"])
def batch_new(request: HttpRequest) -> HttpResponse:
    """Choose a track, a gate and the rule that proposes."""
    cycle = cycle_of_form(request) if request.method == "POST" else cycle_in_view(request)
    waiting = scopes.scopes(cycle)
    form = BatchForm(request.POST if request.method == "POST" else None, scopes=waiting)
    if form.is_valid():
        try:
            batch = domain.create_batch(
                track=form.chosen.track,
                gate=form.chosen.gate,
                by=request.user,
                rule_line=form.cleaned_data["rule_line"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("reviews:batch", batch.public_id)
    context = {
        "form": form,
        "cycle": cycle,
        "has_scope": any(not scope.open_batch for scope in waiting),
        "open_batches": [scope for scope in waiting if scope.open_batch],
        "errors_on_page": bool(form.errors),
    }
    return render(request, "reviews/batch_new.html", context, status=422 if form.errors else 200)


@policy("reviews.view_batch", batch=batches_visible_to)
@require_safe
def batch_page(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Show one batch: what changes for whom, what stands against it, what comes next."""
    if batch.counters_id:
        return redirect("reviews:batch_undo", batch.public_id)
    return _page(request, batch)


def _page(
    request: HttpRequest,
    batch: DecisionBatch,
    *,
    status: int = 200,
    wrong: dict[str, Any] | None = None,
    refused: str = "",
) -> HttpResponse:
    page = batches.batch_page(batch, request.user)
    show = request.GET.get("show", "all")
    show = show if show in SHOWN else "all"
    lines = Paginator([row for row in page.rows if SHOWN[show][1](row)], LINES_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "running": batches.running_job(batch),
        "rows": lines.object_list,
        "lines": lines,
        "query": f"show={show}",
        "steps": _steps(page),
        "filters": [{"label": label, "url": f"?show={key}", "on": key == show} for key, (label, _) in SHOWN.items()],
        "checks": _checks(page),
        "wrong": wrong or {},
        "refused": refused,
        "can_edit": request.user.has_perm("reviews.decide_batch")
        and page.state in {BatchState.DRAFT, BatchState.APPROVED},
        "can_undo": request.user.has_perm("reviews.decide_batch"),
        "is_draft": page.state == BatchState.DRAFT,
        "is_approved": page.state == BatchState.APPROVED,
        "can_approve": request.user.has_perm("reviews.approve_batch") and not page.is_mine,
        "schedule": ScheduleForm(request.POST if request.method == "POST" and "on" in request.POST else None),
        "errors_on_page": bool(wrong or refused),
    }
    return render_page(request, "reviews/batch.html", "reviews/_batch.html", context, status=status)


def _steps(page: batches.BatchPage) -> list[dict[str, str]]:
    titles = ["Proposal", "Checks", "Approval by a second person", "Release"]
    at = {
        BatchState.DRAFT: 1 if page.blocks else 2,
        BatchState.APPROVED: 3,
        BatchState.RELEASED: 4,
        BatchState.DISCARDED: 0,
    }[BatchState(page.state)]
    anchors = ["#proposal", "#checks", "#approve", "#release"]
    return [
        {"title": title, "url": anchor, "state": "done" if number < at else "now" if number == at else "later"}
        for number, (title, anchor) in enumerate(zip(titles, anchors, strict=True))
    ]


def _checks(page: batches.BatchPage) -> list[dict[str, str]]:
    found = [{"state": "bad" if problem.blocks else "warn", "text": problem.text} for problem in page.problems]
    found += [{"state": "warn", "text": ratio.text} for ratio in page.ratios if ratio.is_low]
    if page.blocks:
        return found
    texts = ["Everybody else is still where the decision found them." if page.has_moved else EVERYBODY]
    if page.is_review:
        texts += [
            "Reads are complete.",
            "No reader has a conflict of interest.",
            "Every disagreement has a person's note.",
        ]
    return found + [{"state": "ok", "text": text} for text in texts]


@policy("reviews.decide_batch", batch=batches_visible_to)
@require_POST
def batch_outcome(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Change one line by hand, or take it out; ``application`` names it."""
    decision = get_object_or_404(
        decisions_visible_to(request.user).filter(batch=batch).select_related("batch"),
        track_application__public_id=request.POST.get("application", "").replace("\x00", ""),
    )
    form = OutcomeForm(request.POST)
    typed = {
        "application": request.POST.get("application", ""),
        "outcome": request.POST.get("outcome", ""),
        "reason": request.POST.get("reason", ""),
    }
    if not form.is_valid():
        text = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _page(request, batch, status=422, wrong={**typed, "text": text})
    try:
        if form.cleaned_data["outcome"] == "take_out":
            domain.take_out(decision=decision, by=request.user)
        else:
            domain.set_outcome(
                decision=decision,
                outcome=form.cleaned_data["outcome"],
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
    except Refused as refusal:
        return _page(request, batch, status=409, wrong={**typed, "text": str(refusal)})
    if getattr(request, "htmx", False):
        return _page(request, batch)
    return redirect("reviews:batch", batch.public_id)


@policy("reviews.approve_batch", batch=batches_visible_to)
@fresh_sign_in_required
@require_POST
def batch_approve(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Approve the version that was looked at."""
    version = version_in(request)
    try:
        domain.demand_second_person(batch, version=version, by=request.user)
        if job := large_act("reviews.approve", batch, by=request.user, version=version):
            return redirect(job)
        domain.approve_batch(batch=batch, version=version, by=request.user)
    except (Refused, Stale) as refusal:
        return _page(request, batch, status=409, refused=str(refusal))
    messages.success(request, "Approved. Applicants see nothing until the release.")
    return redirect("reviews:batch", batch.public_id)


@policy("reviews.decide_batch", batch=batches_visible_to)
@require_POST
def batch_recall(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Void an approval."""
    if job := large_act("reviews.recall", batch, by=request.user):
        return redirect(job)
    domain.recall_batch(batch=batch, by=request.user)
    messages.success(request, "The approval is void. The batch is a draft again.")
    return redirect("reviews:batch", batch.public_id)


@policy("reviews.decide_batch", batch=batches_visible_to)
@fresh_sign_in_required
@require_POST
def batch_schedule(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Set or clear when the batch is released by itself."""
    if request.POST.get("act") == "clear":
        domain.schedule_batch(batch=batch, release_at=None, by=request.user)
        messages.success(request, "The batch is no longer scheduled.")
        return redirect("reviews:batch", batch.public_id)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _page(request, batch, status=422)
    try:
        domain.schedule_batch(batch=batch, release_at=form.moment, by=request.user)
    except Refused as refusal:
        return _page(request, batch, status=409, refused=str(refusal))
    messages.success(request, "Scheduled. You can release earlier, or clear the time.")
    return redirect("reviews:batch", batch.public_id)


@policy("reviews.decide_batch", batch=batches_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_release(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Show what the release does to how many; POST does it."""
    refused = ""
    if request.method == "POST":
        try:
            if job := large_act("reviews.release", batch, by=request.user):
                return redirect(job)
            domain.release_batch(batch=batch, by=request.user)
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, "Released. Until the mails leave, taking it back stops them.")
            return redirect("reviews:batch", batch.public_id)
    minutes = getattr(settings, "DECISION_MAIL_DELAY_MINUTES", domain.MAIL_DELAY_MINUTES)
    page = batches.batch_page(batch, request.user)
    return render(
        request,
        "reviews/batch_release.html",
        {
            "page": page,
            "items": _consequences(page, minutes),
            "refused": refused,
            "can_release": page.state == BatchState.APPROVED and not page.blocks,
            "errors_on_page": bool(refused),
        },
        status=409 if refused else 200,
    )


def _consequences(page: batches.BatchPage, minutes: int) -> list[dict[str, Any]]:
    tally, is_review = page.tally, page.is_review
    items = [
        {
            "count": tally.advance,
            "text": "go on",
            "note": "Their streams reach the mentors." if is_review else "Stage 2 opens to them at its date.",
        },
        {
            "count": tally.not_advance,
            "text": "are told that they were not selected",
            "note": "Streams that no other track reaches end with it.",
        },
        {"count": tally.hold, "text": "are told that we need more time", "note": "They are in the next batch again."},
    ]
    mails = {
        "count": tally.total,
        "text": f"mails leave {minutes} minutes later",
        "note": "Taking the release back stops them until then. After that, it sends a correction.",
    }
    return [item for item in items if item["count"]] + [mails]


@policy("reviews.view_batch", batch=batches_visible_to)
@require_safe
def batch_mails(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Show the mails of a batch as they would leave: each kind, or the one to one person (``application``)."""
    application = request.GET.get("application", "")
    if application:
        one = letters.preview_for(batch, request.user, application.replace("\x00", ""))
        if one is None:
            raise Http404
        previews = [one]
    else:
        previews = letters.previews(batch, request.user)
    context = {"page": batches.batch_page(batch, request.user), "previews": previews, "is_one": bool(application)}
    return render(request, "reviews/batch_mails.html", context)


@policy("reviews.decide_batch", batch=batches_visible_to)
@require_POST
def batch_discard(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Give a draft up."""
    domain.discard_batch(batch=batch, by=request.user)
    messages.success(request, "Discarded. Everybody in it waits as before.")
    return redirect_in(batch.cycle, "reviews:batches")
