"""Offers: board, release and export for staff; reading and answering for the person."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.views.reauth import fresh_sign_in_required
from core import clock
from core.http import in_blocks
from core.policies import LOGIN, policy
from core.refusals import Refused
from matching.domain import exports
from matching.domain import offers as domain
from matching.forms.offers import AcceptForm, DeclineForm
from matching.models import MatchRun, Offer
from matching.queries import dates
from matching.queries import offers as queries
from matching.queries import runs as run_queries
from matching.states import OfferState, RunState
from streams.queries.cycles import address_in
from streams.views.in_view import cycle_in_view, redirect_in


@policy("matching.view_offers")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show seats by stream and all offers, with a filter by state."""
    cycle = cycle_in_view(request)
    if cycle is None:
        return render(request, "matching/offers.html", {"cycle": None})
    asked = request.GET.get("state", "")
    state = asked if asked in OfferState.values else ""
    counts = queries.offer_counts(cycle)
    everything = address_in(cycle, "matching:offers")
    chips = [{"label": f"{_('All')} {sum(counts.values())}", "url": everything, "on": not state}]
    chips += [
        {
            "label": f"{OfferState(value).label} {n}",
            "url": address_in(cycle, "matching:offers", state=value),
            "on": value == state,
        }
        for value, n in counts.items()
        if n or value == state
    ]
    context = {
        "cycle": cycle,
        "seats": queries.seat_rows(cycle),
        "offers": queries.offer_rows(request.user, cycle, state),
        "chips": chips,
        "counts": counts,
        "state": state,
        "run": run_queries.approved_run(cycle),
        "unknown": asked if asked and not state else "",
        "reply_by": dates.deadline(cycle, dates.OFFERS_REPLY_BY),
    }
    return render(request, "matching/offers.html", context)


@policy("matching.release_offers", run=run_queries.match_runs_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "POST"])
def offers_release(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Send the drafted offers of a run: GET shows to whom and the mail, POST sends all of them."""
    if run.state != RunState.APPROVED:
        raise Http404
    if request.method == "POST":
        n_sent = domain.release_offers(run=run, by=request.user)
        messages.success(request, ngettext("%(n)d offer is sent.", "%(n)d offers are sent.", n_sent) % {"n": n_sent})
        return redirect_in(run.cycle, "matching:offers")
    drafted = list(queries.drafted_offers(run))
    reply_by = dates.deadline(run.cycle, dates.OFFERS_REPLY_BY)
    leaving = [offer for offer in drafted if queries.leaves_before_release(offer)]
    context = {
        "run": run,
        "offers": drafted,
        "reply_by": reply_by,
        "n_leaving": len(leaving),
        "n_sent": len(drafted) - len(leaving),
        "sample": _sample(drafted[0], reply_by) if drafted and reply_by else "",
    }
    return render(request, "matching/offers_release.html", context)


@policy("matching.export_offers")
@fresh_sign_in_required
@require_safe
def offers_export(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out all offers of the cycle in view as CSV."""
    cycle = cycle_in_view(request)
    if cycle is None:
        raise Http404
    exports.record_export(cycle=cycle, by=request.user)
    response = StreamingHttpResponse(in_blocks(exports.offer_lines(cycle)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="offers-{cycle.slug}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@policy(LOGIN)
@require_safe
def my_offers(request: HttpRequest) -> HttpResponse:
    """Show a person all offers sent to them."""
    rows = queries.own_offer_rows(request.user, clock.arrival())
    context = {"offers": rows, "n_open": sum(row.can_answer for row in rows)}
    return render(request, "matching/my_offers.html", context)


@policy(LOGIN, offer=queries.own_offers)
@require_safe
def offer(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Show one offer."""
    (row,) = queries.own_offer_rows(request.user, clock.arrival(), public_id=offer.public_id)
    return render(request, "matching/offer.html", {"offer": row})


@policy("matching.answer_offer", offer=queries.own_offers)
@require_http_methods(["GET", "POST"])
def offer_accept(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Take a place: GET says what follows, POST does it."""
    form = AcceptForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            domain.accept_offer(offer=offer, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            told = _("You accepted %(stream)s. The place is yours.")
            messages.success(request, told % {"stream": offer.stream.title})
            return redirect("matching:offer", offer.public_id)
    rows = queries.own_offer_rows(request.user, clock.arrival())
    context = {
        "offer": next(row for row in rows if row.public_id == offer.public_id),
        "given_back": [row for row in rows if row.can_answer and row.public_id != offer.public_id],
        "form": form,
        "errors_on_page": bool(form.errors),
    }
    status = 422 if form.errors and status == 200 else status
    return render(request, "matching/offer_accept.html", context, status=status)


@policy("matching.answer_offer", offer=queries.own_offers)
@require_http_methods(["GET", "POST"])
def offer_decline(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Give a place back: GET says what follows, POST does it."""
    form = DeclineForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            domain.decline_offer(offer=offer, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, _("You declined %(stream)s.") % {"stream": offer.stream.title})
            return redirect("matching:my_offers")
    (row,) = queries.own_offer_rows(request.user, clock.arrival(), public_id=offer.public_id)
    context = {"offer": row, "form": form, "errors_on_page": bool(form.errors)}
    status = 422 if form.errors and status == 200 else status
    return render(request, "matching/offer_decline.html", context, status=status)


def _sample(offer: Offer, reply_by: dates.Deadline) -> str:
    """Return the mail of one drafted offer as it would read."""
    return render_to_string("matching/mail/offer.txt", domain.mail_context("offer", offer, reply_by)).strip()
