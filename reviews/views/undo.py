"""Staff pages to take a release back: one person asks, a second one approves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views.reauth import fresh_sign_in_required
from core import clock
from core.policies import policy
from core.refusals import Refused
from reviews.domain import undo as domain
from reviews.domain.batches import demand_second_person
from reviews.forms import UndoForm
from reviews.models import DecisionBatch
from reviews.queries import batches_visible_to, undo
from reviews.queries.batches import running_job
from reviews.states import BatchState
from reviews.views.batches import large_act, version_in


@policy("reviews.decide_batch", batch=batches_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_undo(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Show whom taking a release back reaches; POST asks for it, with a reason."""
    form = UndoForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            domain.demand_undo_is_open(batch, reason=reason, by=request.user, asked_at=clock.now())
            if job := large_act("reviews.ask_undo", batch, by=request.user, reason=reason):
                return redirect(job)
            counter = domain.request_undo(batch=batch, reason=reason, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return _page(request, batch, form, status=409)
        messages.success(request, "The mails that have not left are held. A second person has to approve.")
        return redirect("reviews:batch_undo", counter.public_id)
    return _page(request, batch, form, status=422 if form.errors else 200)


@policy("reviews.approve_batch", batch=batches_visible_to)
@fresh_sign_in_required
@require_POST
def batch_undo_approve(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Take the release back, as the second person."""
    version = version_in(request)
    try:
        demand_second_person(batch, version=version, by=request.user)
        if job := large_act("reviews.undo", batch, by=request.user, version=version):
            return redirect(job)
        domain.approve_undo(counter=batch, version=version, by=request.user)
    except Refused as refusal:
        return _page(request, batch, UndoForm(), status=409, refused=str(refusal))
    messages.success(request, "Taken back. Everybody listed reads the state from before the release.")
    return redirect("reviews:batch_undo", batch.public_id)


def _page(
    request: HttpRequest, batch: DecisionBatch, form: UndoForm, *, status: int = 200, refused: str = ""
) -> HttpResponse:
    page = undo.undo_page(batch, request.user)
    context = {
        "page": page,
        "form": form,
        "refused": refused,
        "running": running_job(batch),
        "is_counter": bool(batch.counters_id),
        "is_waiting": page.state == BatchState.DRAFT,
        "is_done": page.state == BatchState.RELEASED,
        "can_approve": request.user.has_perm("reviews.approve_batch") and not page.is_mine,
        "release": batch.counters.public_id if batch.counters else batch.public_id,
        "errors_on_page": bool(refused or form.errors),
    }
    return render(request, "reviews/batch_undo.html", context, status=status)
