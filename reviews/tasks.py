"""Jobs of the reviews."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from django.urls import reverse

from core import jobs
from core.models import Job
from reviews.domain.assignments import apply_assignment, end_assignments
from reviews.domain.batches import approve_batch, recall_batch, release_batch
from reviews.domain.proposals import NewChange, apply_proposal, create_proposal
from reviews.domain.undo import approve_undo, request_undo
from reviews.models import AssignmentProposal, DecisionBatch
from reviews.queries import needs, proposing
from reviews.states import BatchState, ProposalSource, ProposalState
from streams.models import Cycle, Track
from streams.queries.cycles import address_in


@jobs.kind("reviews.release", label="Releasing decisions")
def release(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Release one large batch: in one transaction, so a killed run has released nothing and the next one does it."""
    batch = DecisionBatch.objects.get(pk=job.params["batch_id"])
    n = batch.decisions.count()
    if batch.state != BatchState.RELEASED:
        progress.step(f"Releasing {n} decisions, all at once")
        release_batch(batch=batch, by=job.asked_by)
    return {"decisions": n, "url": reverse("reviews:batch", args=[batch.public_id])}


@jobs.kind("reviews.approve", label="Approving decisions")
def approve(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Approve the version of one large batch that was looked at; all or nothing, like the release."""
    batch = DecisionBatch.objects.get(pk=job.params["batch_id"])
    n = batch.decisions.count()
    # A run that was killed after its commit has approved already.
    if batch.state == BatchState.DRAFT or batch.approver_id != job.asked_by_id:
        progress.step(f"Approving {n} decisions, all at once")
        approve_batch(batch=batch, version=job.params["version"], by=job.asked_by)
    return {"decisions": n, "url": reverse("reviews:batch", args=[batch.public_id])}


@jobs.kind("reviews.recall", label="Voiding an approval")
def recall(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Void the approval of one large batch."""
    batch = DecisionBatch.objects.get(pk=job.params["batch_id"])
    if batch.state != BatchState.DRAFT:
        progress.step(f"Leading {batch.decisions.count()} decisions back, all at once")
        recall_batch(batch=batch, by=job.asked_by)
    return {"url": reverse("reviews:batch", args=[batch.public_id])}


@jobs.kind("reviews.ask_undo", label="Holding the mails of a release")
def ask_undo(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Make the counter-batch of one large release. What counts for the window is when it was asked for."""
    batch = DecisionBatch.objects.get(pk=job.params["batch_id"])
    counter = batch.counter_batches.filter(maker=job.asked_by, created_at__gte=job.created_at).first()
    if counter is None:
        progress.step(f"Holding the mails of {batch.decisions.count()} decisions")
        counter = request_undo(batch=batch, reason=job.params["reason"], by=job.asked_by, asked_at=job.created_at)
    return {"url": reverse("reviews:batch_undo", args=[counter.public_id])}


@jobs.kind("reviews.undo", label="Taking a release back")
def take_back(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Take one large release back, all of it at once."""
    counter = DecisionBatch.objects.get(pk=job.params["batch_id"])
    n = counter.decisions.count()
    if counter.state != BatchState.RELEASED or counter.approver_id != job.asked_by_id:
        progress.step(f"Taking {n} decisions back, all at once")
        approve_undo(counter=counter, version=job.params["version"], by=job.asked_by)
    return {"decisions": n, "url": reverse("reviews:batch_undo", args=[counter.public_id])}


@jobs.kind("reviews.apply", label="Giving out what was proposed")
def apply_changes(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Apply the version of one long proposal that was looked at: in one transaction that a cancelled job takes back."""
    proposal = AssignmentProposal.objects.get(pk=job.params["proposal_id"])
    # A run that was killed after its commit has applied it already.
    if proposal.state != ProposalState.APPLIED:
        due_at = job.params["due_at"]
        with jobs.Aside(progress.job) as aside:
            apply_proposal(
                proposal=proposal,
                version=job.params["version"],
                due_at=datetime.fromisoformat(due_at) if due_at else None,
                by=job.asked_by,
                tell=aside.step,
            )
    return {"lines": proposal.changes.count(), "url": reverse("reviews:proposal", args=[proposal.public_id])}


class Solve(Protocol):
    """Chooses readers: ``k`` a text, ``loads`` being what each reader has on the table already."""

    def __call__(self, texts: Sequence[needs.Target], loads: Mapping[int, int], k: int, seed: int) -> needs.Plan: ...


def give_out(job: Job, progress: jobs.Progress, *, solve: Solve) -> dict[str, Any]:
    """Give every text of a cycle (``track_id``: of one track) the readers that ``solve`` chooses.

    One short transaction a text: what a killed run has given stays, and the next run goes on from there.
    """
    cycle = Cycle.objects.get(pk=job.params["cycle_id"])
    track_id = job.params.get("track_id")
    progress.step("Counting what is to be read")
    ended = end_assignments(by=job.asked_by)
    texts = needs.targets(cycle, Track.objects.get(pk=track_id) if track_id else None)
    readable = [text for text in texts if text.rubric_id is not None]
    progress.step("Choosing readers")
    plan = _plan(readable, solve, job.pk)
    given = 0
    for done, (key, readers) in enumerate(sorted(plan.readers.items()), 1):
        progress.step(f"Giving out text {done} of {len(plan.readers)}", done, len(plan.readers))
        given += apply_assignment(target=readable[key], readers=readers, by=job.asked_by)
    unmet = [
        {
            "reference": readable[key].reference,
            "tracks": list(readable[key].tracks),
            "kind": readable[key].kind,
            "missing": missing,
            "why": "too few reviewers without a conflict",
        }
        for key, missing in sorted(plan.unmet.items())
    ]
    unmet += [
        {
            "reference": text.reference,
            "tracks": list(text.tracks),
            "kind": text.kind,
            "missing": text.missing,
            "why": "no rubric",
        }
        for text in texts
        if text.missing and text.rubric_id is None
    ]
    return {
        "texts": len(texts),
        "given": given,
        "ended": ended,
        "unmet": unmet,
        "links_missing": plan.links_missing,
        "url": address_in(cycle, "reviews:assignments"),
    }


def propose(job: Job, progress: jobs.Progress, *, solve: Solve) -> dict[str, Any]:
    """Propose readers for what lacks some in one track, and moves of what nobody has started.

    All texts of the cycle are looked at, so that reads which link tracks are seen; those of other tracks stay put.
    """
    track = Track.objects.select_related("cycle").get(pk=job.params["track_id"])
    progress.step("Counting what is to be read")
    texts = [
        text if track.name in text.tracks else replace(text, eligible=frozenset(), movable=frozenset())
        for text in _movable_in(track, needs.targets(track.cycle))
        if text.rubric_id is not None
    ]
    progress.step("Choosing readers")
    plan = _plan(texts, solve, job.pk)
    changes = proposing.changes_from(texts, plan)
    proposal = create_proposal(
        track=track,
        source=ProposalSource.SOLVED,
        changes=[NewChange(*change) for change in changes],
        unmet=[
            {"reference": texts[key].reference, "missing": missing, "eligible": len(texts[key].eligible)}
            for key, missing in sorted(plan.unmet.items())
            if track.name in texts[key].tracks
        ],
        links_missing=plan.links_missing,
        by=job.asked_by,
    )
    return {"changes": len(changes), "url": reverse("reviews:proposal", args=[proposal.public_id])}


def _movable_in(track: Track, texts: Sequence[needs.Target]) -> list[needs.Target]:
    here = iter(needs.movable([text for text in texts if track.name in text.tracks]))
    return [next(here) if track.name in text.tracks else text for text in texts]


def _plan(texts: Sequence[needs.Target], solve: Solve, seed: int) -> needs.Plan:
    """Solve for the texts that want as many readers each, fewest first; later ones know what earlier ones gave."""
    loads = Counter(needs.loads())
    for text in texts:
        loads.subtract(text.movable)
    whole = needs.Plan({}, {}, 0)
    for wanted in sorted({text.wanted for text in texts}):
        keys = [key for key, text in enumerate(texts) if text.wanted == wanted]
        part = solve([texts[key] for key in keys], loads, wanted, seed)
        loads.update(reader for readers in part.readers.values() for reader in readers)
        whole = whole.joined(part, keys)
    return whole
