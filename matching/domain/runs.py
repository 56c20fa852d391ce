"""Runs of the match: asked for by one person, computed by a job, approved by another."""

from typing import Any, Protocol

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit, clock, jobs
from core.refusals import Refused
from core.transitions import locked, transition
from matching.domain.commitments import committed_seed
from matching.domain.offers import draft_offers
from matching.domain.rankings import lock_lists
from matching.engine import ENGINE_VERSION, Instance, match, verify
from matching.models import MatchRun
from matching.queries import dates
from matching.queries.commitments import published_commitment
from matching.queries.runs import (
    digest,
    has_changed_since_freeze,
    inputs_hash,
    inputs_of,
    proposals_of,
    rows_of_proposals,
)
from matching.states import RunState
from streams.models import Cycle

JOB_KIND = "matching.run"
STEPS = 4


class Reports(Protocol):
    """Whoever wants to hear how far a run is."""

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Tell one step."""


@transaction.atomic
def start_run(*, cycle: Cycle, seed: str, by: Any) -> MatchRun:
    """Ask for a run over the locked lists; a job computes it.

    The lottery draws with the seed that was committed to; ``seed`` counts only where no commitment was published.
    Raises ``Refused`` while lists are open, once a run is approved, and for an empty seed.
    """
    run = make_run(cycle=cycle, seed=committed_seed(cycle) or seed, by=by)
    run.job = jobs.start(JOB_KIND, by=by, run=run.public_id)
    run.save(update_fields=["job"])
    return run


@transaction.atomic
def make_run(*, cycle: Cycle, seed: str, by: Any) -> MatchRun:
    """Make the row of a run without a job, for somebody who computes it at once. Refuses as ``start_run`` does."""
    cycle = locked(cycle)
    seed = str(seed).strip()
    if not seed or len(seed) > 64:
        raise Refused(_("Give a seed of 1 to 64 characters."))
    now = clock.now()
    for code in (dates.RANKINGS_CLOSE, dates.PREFERENCES_CLOSE):
        closes = dates.deadline(cycle, code)
        if closes is not None and closes.takes(now):
            raise Refused(_("The lists lock on %(when)s. A run reads locked lists only.") % {"when": closes.official()})
    if cycle.match_runs.filter(state=RunState.APPROVED).exists():
        raise Refused(_("A run of this cycle is approved. Its offers are the result."))
    if dates.is_over(cycle, dates.RANKINGS_CLOSE, now):
        # The beat may not have come round yet; a run must not depend on it.
        lock_lists(cycle=cycle, by=None)
    number = (cycle.match_runs.aggregate(last=Max("number"))["last"] or 0) + 1
    run = MatchRun.objects.create(cycle=cycle, number=number, seed=seed, made_by=by)
    audit.record("configure", run, by=by, number=number)
    return run


def compute_run(run_id: int, progress: Reports) -> MatchRun:
    """Freeze the inputs, solve, certify and store: each step starts from the rows, so it may die anywhere and be
    repeated; a run that is computed already is returned as it is.

    Raises ``Refused`` for a discarded run.
    """
    progress.step(_("Step 1 of 4: freezing the lists and seats"), 0, STEPS)
    run = freeze_inputs(run_id=run_id)
    if run.state != RunState.CONFIGURED:
        return run
    progress.step(_("Step 2 of 4: solving for %(n)d people") % {"n": len(run.inputs["applicants"])}, 1, STEPS)
    instance = Instance.from_json(run.inputs)
    result = match(instance, seed=run.seed).to_json()
    progress.step(_("Step 3 of 4: certifying by separate code, and running again"), 2, STEPS)
    certificate = verify(instance, result["matching"], seed=run.seed, objective=result["objective"]).to_json()
    again = match(Instance.from_json(run.inputs), seed=run.seed).to_json()
    certificate["rerun_identical"] = digest(again) == digest(result)
    progress.step(_("Step 4 of 4: storing"), 3, STEPS)
    run = store_result(run_id=run_id, result=result, certificate=certificate)
    progress.step(_("Done"), STEPS, STEPS)
    return run


@transaction.atomic
def freeze_inputs(*, run_id: int) -> MatchRun:
    """Keep the inputs as they are now; the first freeze holds, however often the job starts again."""
    run = locked(MatchRun(pk=run_id), "cycle", "made_by")
    if run.state == RunState.DISCARDED:
        raise Refused(_("This run was discarded."))
    if run.inputs is None:
        run.inputs = inputs_of(run.cycle)
        run.inputs_sha256 = inputs_hash(run.inputs)
        run.engine_version = ENGINE_VERSION
        run.save(update_fields=["inputs", "inputs_sha256", "engine_version"])
        audit.record("freeze", run, by=run.made_by, inputs_sha256=run.inputs_sha256)
    return run


@transaction.atomic
def store_result(*, run_id: int, result: dict[str, Any], certificate: dict[str, Any]) -> MatchRun:
    """Store what was computed, once: a second worker with the same work finds it done."""
    run = locked(MatchRun(pk=run_id), "cycle", "made_by")
    if run.state in {RunState.COMPUTED, RunState.APPROVED}:
        return run
    return transition(
        run,
        "compute",
        by=run.made_by,
        result=result,
        result_sha256=digest(result),
        certificate=certificate,
        computed_at=clock.now(),
    )


@transaction.atomic
def approve_run(*, run: MatchRun, by: Any) -> MatchRun:
    """Approve a run as its second person and draft its offers.

    Raises ``Refused`` for the person who made it, for another seed than the published commitment's, for a result that
    is not feasible and stable, when lists or seats changed since the freeze, and when a stream has too few free seats.
    """
    run = locked(run, "cycle", "made_by")
    if run.state == RunState.COMPUTED:
        _check_approval(run, by)
    run = transition(run, "approve", by=by, approved_by=by, approved_at=clock.now())
    rows = rows_of_proposals(run)
    pairs = proposals_of(run)
    if any(pair not in rows for pair in pairs):
        raise Refused(_("Somebody left after the freeze. This run can be read, not approved."))
    draft_offers(run=run, stream_applications=[rows[pair] for pair in pairs], by=by)
    return run


@transaction.atomic
def discard_run(*, run: MatchRun, by: Any) -> MatchRun:
    """Put a run aside. Raises ``Refused`` for an approved one."""
    return transition(locked(run), "discard", by=by)


def _check_approval(run: MatchRun, by: Any) -> None:
    if run.made_by_id == by.pk:
        raise Refused(_("A second person approves a run: you made this one."))
    if digest(run.result) != run.result_sha256:
        raise Refused(_("The stored result does not match its checksum. Discard this run and tell the operators."))
    commitment = published_commitment(run.cycle)
    if commitment is not None and not commitment.opens_with(run.seed):
        raise Refused(_("The seed of this run is not the one that was committed to. It can be read, not approved."))
    # Checked anew, not read from the row: the certificate must hold for the result that is about to act.
    checked = verify(Instance.from_json(run.inputs), run.result["matching"])
    if not (checked.feasible and checked.stable):
        raise Refused(_("The certificate does not hold, so this run cannot be approved."))
    if has_changed_since_freeze(run):
        raise Refused(_("Lists or seats changed after the freeze. This run can be read, not approved."))
