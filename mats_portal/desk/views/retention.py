"""Retention for staff: rules, what falls due, requests, holds; lists that a second person confirms."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.policies import policy
from core.refusals import Refused
from mats_portal.desk.models import RetentionHold, RetentionRun
from mats_portal.desk.retention import erasing, queries
from mats_portal.desk.retention.due import rule_of
from mats_portal.desk.retention.forms import HoldForm, RuleForm
from streams.views.in_view import cycle_in_view, cycle_of_form, redirect_in


@policy("desk.view_retention")
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Show the rules of one cycle, what falls due by them, requests, holds and lists."""
    return _page(request)


def _page(request: HttpRequest, *, hold: HoldForm | None = None, status: int = 200, **wrong: Any) -> HttpResponse:
    cycle = cycle_in_view(request)
    context = {
        "page": queries.retention_page(cycle, request.user) if cycle else None,
        "form": hold or HoldForm(),
        "can_set": request.user.has_perm("desk.set_retention"),
        "errors_on_page": hold is not None or bool(wrong),
        "tried": "",
        "wrong": "",
        **wrong,
    }
    return render(request, "desk/retention.html", context, status=status)


def _after(request: HttpRequest) -> int | None:
    after = request.GET.get("after", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None


@policy("desk.set_retention")
@require_POST
def retention_rule(request: HttpRequest, kind: str) -> HttpResponse:
    """Set how long a class is kept in one cycle."""
    if kind not in queries.kinds():
        raise Http404
    cycle = cycle_of_form(request)
    form = RuleForm(request.POST)
    if not form.is_valid():
        wrong, typed = form.errors["months"][0], request.POST.get("months", "")[:10]
        return _page(request, status=422, tried=kind, wrong=wrong, typed=typed)
    erasing.set_rule(cycle=cycle, kind=kind, months=form.cleaned_data["months"], by=request.user)
    messages.success(request, "The rule is set. Lists drawn up by the old one are discarded.")
    return redirect_in(cycle, "desk:retention")


@policy("desk.view_retention")
@require_safe
def retention_due(request: HttpRequest, kind: str) -> HttpResponse:
    """List exactly what would go, 50 a page, or what a hold keeps."""
    cycle = cycle_in_view(request)
    if kind not in queries.kinds() or cycle is None:
        raise Http404
    held = request.GET.get("show") == "held"
    rows = queries.due_rows(cycle, kind, held=held, after=_after(request))
    more, rows = len(rows) > queries.PAGE, rows[: queries.PAGE]
    kept = {"cycle": cycle.slug, **({"show": "held"} if held else {})}
    context = {
        "cycle": cycle,
        "kind": kind,
        "label": queries.kinds()[kind],
        "rule": rule_of(cycle, kind),
        "rows": rows,
        "held": held,
        "next_query": urlencode({**kept, "after": rows[-1].pk}) if more else "",
        "n_due": next(row.n_due for row in queries.rule_rows(cycle) if row.kind == kind),
    }
    return render(request, "desk/retention_due.html", context)


@policy("desk.erase_due")
@require_POST
def retention_propose(request: HttpRequest, kind: str) -> HttpResponse:
    """Draw the list up for a second person."""
    if kind not in queries.kinds():
        raise Http404
    cycle = cycle_of_form(request)
    run = erasing.propose_run(cycle=cycle, kind=kind, by=request.user)
    messages.success(request, "The list is drawn up. Nothing goes before a second person confirms it.")
    return redirect("desk:retention_run", run=run.public_id)


@policy("desk.view_retention", run=queries.runs_visible_to)
@require_safe
def retention_run(request: HttpRequest, run: RetentionRun) -> HttpResponse:
    """Show one list: what it comes to, whom it is about, how far it is."""
    page = queries.run_page(run, request.user, after=_after(request))
    return render(request, "desk/retention_run.html", {"page": page, "cycle": run.cycle})


@policy("desk.erase_due", run=queries.runs_visible_to)
@require_POST
def retention_confirm(request: HttpRequest, run: RetentionRun) -> HttpResponse:
    """Confirm it as the second person; a job carries it out."""
    erasing.confirm_run(run=run, by=request.user)
    messages.success(request, "Confirmed. It is being carried out; this page says how far it is.")
    return redirect("desk:retention_run", run=run.public_id)


@policy("desk.erase_due", run=queries.runs_visible_to)
@require_POST
def retention_discard(request: HttpRequest, run: RetentionRun) -> HttpResponse:
    """Put it away."""
    erasing.discard_run(run=run, by=request.user)
    messages.success(request, "The list is put away. Nothing was deleted.")
    return redirect_in(run.cycle, "desk:retention")


@policy("desk.place_holds")
@require_POST
def hold_place(request: HttpRequest) -> HttpResponse:
    """Let nothing of a person be deleted."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _page(request, hold=form, status=422)
    try:
        erasing.place_hold(person=form.person, reason=form.cleaned_data["reason"], by=request.user)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, hold=form, status=409)
    messages.success(request, "The hold is placed. Nothing of this person is deleted until it is released.")
    return redirect("desk:retention")


@policy("desk.place_holds", hold=queries.holds_visible_to)
@require_POST
def hold_release(request: HttpRequest, hold: RetentionHold) -> HttpResponse:
    """Release a hold."""
    erasing.release_hold(hold=hold, by=request.user)
    messages.success(request, "The hold is released. Rules and requests take their course again.")
    return redirect("desk:retention")
