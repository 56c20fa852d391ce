"""Match runs: list, new, result, plots, why, approval."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.reauth import fresh_sign_in_required
from core import clock
from core.policies import policy
from core.refusals import Refused
from matching.domain import runs as domain
from matching.engine import Lottery
from matching.forms.runs import CommittedRunForm, RunForm
from matching.models import MatchRun
from matching.queries import commitments, dates, explaining, rankings
from matching.queries import runs as queries
from matching.queries.caps import caps_of
from matching.states import RunState
from matching.views.plots import bars
from streams.views.in_view import cycle_in_view, cycle_of_form


@policy("matching.view_run")
@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """List the runs of the cycle in view."""
    cycle = cycle_in_view(request)
    if cycle is None:
        return render(request, "matching/runs.html", {"cycle": None})
    context = {
        "cycle": cycle,
        "runs": queries.run_rows(request.user, cycle),
        "lists": rankings.list_counts(cycle),
        "missing": rankings.missing_lists(cycle),
        "locks": dates.deadline(cycle, dates.RANKINGS_CLOSE),
        "can_make": request.user.has_perm("matching.make_run"),
        "committed": commitments.published_commitment(cycle),
        "can_commit": request.user.has_perm("matching.commit_to_seed") and commitments.can_commit(cycle, clock.now()),
    }
    return render(request, "matching/runs.html", context)


@policy("matching.make_run")
@require_http_methods(["GET", "POST"])
def run_new(request: HttpRequest) -> HttpResponse:
    """Ask for a run: seed, mode, seats, missing lists."""
    cycle = cycle_of_form(request) if request.method == "POST" else cycle_in_view(request)
    if cycle is None:
        raise Http404
    committed = commitments.published_commitment(cycle)
    form = (CommittedRunForm if committed else RunForm)(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            run = domain.start_run(cycle=cycle, seed=form.cleaned_data.get("seed", ""), by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            return redirect(run)
    seats = queries.free_seats(cycle)
    context = {
        "cycle": cycle,
        "form": form,
        "errors_on_page": bool(form.errors),
        "committed": committed,
        "seats": [(stream.title, stream.seats_granted, free) for stream, free in seats.items()],
        "n_seats": sum(seats.values()),
        "caps": caps_of(cycle),
        "missing": rankings.missing_lists(cycle),
        "locks": dates.deadline(cycle, dates.RANKINGS_CLOSE),
        "lists": rankings.list_counts(cycle),
    }
    status = 422 if form.errors and status == 200 else status
    return render(request, "matching/run_new.html", context, status=status)


@policy("matching.view_run", run=queries.match_runs_visible_to)
@require_safe
def run(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Show one run: its steps, result, certificate, people."""
    committed = commitments.published_commitment(run.cycle)
    context: dict[str, Any] = {
        "run": run,
        "steps": _steps(run),
        "commitment": Lottery.of(run.seed).commitment,
        "committed": committed,
        "agrees": committed is not None and committed.opens_with(run.seed),
        "is_opened": run.offers.filter(sent_at__isnull=False).exists(),
        "job": _job(run) if run.state == RunState.CONFIGURED else None,
    }
    if run.result is not None:
        has_changed = run.state == RunState.COMPUTED and queries.has_changed_since_freeze(run)
        profile = run.certificate["rank_profile"]
        people = queries.placements(run, request.user) if request.user.has_perm("matching.explain_run") else []
        context |= {
            "has_changed": has_changed,
            "checks": [*_checks(run), _commitment_check(context)],
            "fills": queries.stream_fills(run),
            "people": [person for person in people if person.stream],
            "not_placed": [person for person in people if not person.stream],
            "can_explain": request.user.has_perm("matching.explain_run"),
            "profile": _profile_rows(profile),
            "stream_profile": _stream_profile_rows(run),
            "seats": sum(side["max"] for side in run.inputs["streams"].values()),
            "unmatched": profile["unmatched"],
            "approval": _approval(request, run, has_changed=has_changed),
            "n_offers": len(queries.proposals_of(run)),
            "drafted": run.offers.filter(state="draft").count(),
        }
    return render(request, "matching/run.html", context)


@policy("matching.view_run", run=queries.match_runs_visible_to)
@require_safe
def run_plot(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Serve the rank profile as an image."""
    if run.certificate is None:
        raise Http404
    rows = _profile_rows(run.certificate["rank_profile"])
    image = bars(_("How many people have which choice"), rows)
    return HttpResponse(image, content_type="image/svg+xml")


@policy("matching.view_run", run=queries.match_runs_visible_to)
@require_safe
def run_stream_plot(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Serve the rank profile of the streams' side as an image."""
    if run.certificate is None:
        raise Http404
    image = bars(_("How many places went to which tier of the stream's list"), _stream_profile_rows(run))
    return HttpResponse(image, content_type="image/svg+xml")


@policy("matching.explain_run", run=queries.match_runs_visible_to)
@require_safe
def run_person(request: HttpRequest, run: MatchRun, person: str) -> HttpResponse:
    """Say why one person is, or is not, at each stream of their list."""
    if run.result is None or person not in run.inputs["applicants"]:
        raise Http404
    application = queries.person_of_run(run, person, request.user)
    if application is None:
        raise Http404
    return render(
        request, "matching/run_person.html", {"run": run, "person": explaining.person_in_run(run, application)}
    )


@policy("matching.approve_run", run=queries.match_runs_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "POST"])
def run_approve(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Approve as the second person: GET shows what it drafts, POST does it."""
    if run.result is None:
        raise Http404
    if request.method == "POST":
        run = domain.approve_run(run=run, by=request.user)
        drafted = run.offers.count()
        messages.success(
            request,
            ngettext(
                "Approved. %(n)d offer is drafted; nothing is sent yet.",
                "Approved. %(n)d offers are drafted; nothing is sent yet.",
                drafted,
            )
            % {"n": drafted},
        )
        return redirect("matching:offers_release", run.public_id)
    has_changed = queries.has_changed_since_freeze(run)
    context = {
        "run": run,
        "n_offers": len(queries.proposals_of(run)),
        "fills": queries.stream_fills(run),
        "approval": _approval(request, run, has_changed=has_changed),
    }
    return render(request, "matching/run_approve.html", context)


@policy("matching.make_run", run=queries.match_runs_visible_to)
@require_POST
def run_discard(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Put a run aside."""
    domain.discard_run(run=run, by=request.user)
    messages.success(request, _("The run is discarded. It stays on record."))
    return redirect(run)


def _approval(request: HttpRequest, run: MatchRun, *, has_changed: bool) -> str:
    """Return why this person cannot approve now, or nothing. For the page; the domain decides again."""
    if run.state != RunState.COMPUTED:
        return _("This run is %(state)s.") % {"state": run.get_state_display().lower()}
    if not (run.certificate["feasible"] and run.certificate["stable"]):
        return _("The certificate does not hold, so this run cannot be approved.")
    committed = commitments.published_commitment(run.cycle)
    if committed is not None and not committed.opens_with(run.seed):
        return _("The seed of this run is not the one that was committed to. It can be read, not approved.")
    if has_changed:
        return _("Lists or seats changed after the freeze. This run can be read, not approved.")
    if run.made_by_id == request.user.pk:
        return _("You made this run. A second person approves it.")
    return ""


def _steps(run: MatchRun) -> list[dict[str, str]]:
    names = [_("Configure"), _("Freeze inputs"), _("Compute"), _("Check"), _("Approve"), _("Draft offers")]
    done = 1 + (run.inputs is not None) + 2 * (run.result is not None) + 2 * (run.state == RunState.APPROVED)
    states = ["done"] * done + ["now"] * (done < len(names)) + ["later"] * len(names)
    return [{"title": name, "state": state} for name, state in zip(names, states, strict=False)]


def _job(run: MatchRun) -> dict[str, Any] | None:
    job = queries.job_of(run)
    if job is None:
        return None
    return {"row": job, "silent": bool(job.silent_since and (clock.wall() - job.silent_since).total_seconds() > 60)}


def _checks(run: MatchRun) -> list[dict[str, str]]:
    found = run.certificate
    n_blocking = len(found["blocking_pairs"])
    return [
        {
            "state": "ok" if found["feasible"] else "bad",
            "text": _("Every seat limit holds") if found["feasible"] else "; ".join(found["violations"]),
        },
        {
            "state": "ok" if not n_blocking else "bad",
            "text": _("No blocking pair: no person and stream would both rather have each other")
            if not n_blocking
            else _("%(n)d blocking pairs") % {"n": n_blocking},
        },
        {
            "state": "ok" if found["snapshot_hash"] == run.inputs_sha256 else "bad",
            "text": _("Checked by separate code, on the frozen inputs"),
        },
        {
            "state": "ok" if found.get("rerun_identical") else "bad",
            "text": _("A second run gave the same result, byte for byte"),
        },
        {
            "state": "warn" if found["decided_by_lottery"] else "ok",
            "text": _("Decided by the lottery alone: %(n)d people") % {"n": found["decided_by_lottery"]},
        },
        *_kept_apart(found["excused_pairs"]),
    ]


def _kept_apart(pairs: list[dict[str, str]]) -> list[dict[str, str]]:
    if not pairs:
        return []
    text = ngettext(
        "%(n)d pair is kept apart by a full limit on the cohort, a track or a site, and by nothing else",
        "%(n)d pairs are kept apart by a full limit on the cohort, a track or a site, and by nothing else",
        len(pairs),
    )
    return [{"state": "warn", "text": text % {"n": len(pairs)}}]


def _commitment_check(page: dict[str, Any]) -> dict[str, str]:
    if page["committed"] is None:
        return {"state": "warn", "text": _("No commitment to the seed was published before lists closed")}
    if page["agrees"]:
        text = (
            _("Seed opened: it equals the commitment published before lists closed")
            if page["is_opened"]
            else _("Drawn with the sealed seed: it equals the commitment published before lists closed")
        )
        return {"state": "ok", "text": text}
    return {"state": "bad", "text": _("The seed is not the one that was committed to")}


def _profile_rows(profile: dict[str, Any]) -> list[tuple[str, int]]:
    rows = [(_("choice %(n)d") % {"n": place}, count) for place, count in enumerate(profile["by_rank"], start=1)]
    return [*rows, (_("no place"), profile["unmatched"])]


def _stream_profile_rows(run: MatchRun) -> list[tuple[str, int]]:
    profile = run.certificate["stream_rank_profile"]
    rows = [(_("tier %(n)d") % {"n": tier}, count) for tier, count in enumerate(profile["by_rank"], start=1)]
    return [*rows, (_("empty seat"), profile["unmatched"])]
