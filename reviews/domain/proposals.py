"""Change who reads what: propose, edit line by line, apply. Nothing moves for people who have started."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from applications.models import EvaluationAssignment, TrackApplication
from core import audit, clock
from core.refusals import Refused, Stale
from core.transitions import locked, locked_rows, transition, transition_all
from reviews.domain.assignments import fresh_assignment, hold_rubrics
from reviews.models import AssignmentChange, AssignmentProposal, ReviewAssignment
from reviews.queries.proposals import changes_of, changes_visible_to
from reviews.queries.standing import Key, key_of, standing_against, standing_of
from reviews.states import ChangeReason, ProposalState
from streams.models import Track

#: So many lines are given out between two signs of how far it is.
PART = 250


@dataclass(frozen=True)
class NewChange:
    """One line to be proposed (primary keys): ``reader`` reads the text, instead of who has ``leaves``."""

    key: Key
    reader: int
    reason: str
    leaves: int | None = None


@transaction.atomic
def create_proposal(
    *,
    track: Track,
    source: str,
    changes: Sequence[NewChange],
    by: Any,
    unmet: Sequence[dict[str, Any]] = (),
    links_missing: int = 0,
) -> AssignmentProposal:
    """Store a proposed diff of the assignments of ``track``; one that waited there is discarded for it."""
    track = locked(track)
    for old in AssignmentProposal.objects.filter(track=track, state=ProposalState.DRAFT):
        discard_proposal(proposal=old, by=by)
    proposal = AssignmentProposal.objects.create(
        track=track, source=source, maker=by, unmet=list(unmet), links_missing=links_missing
    )
    AssignmentChange.objects.bulk_create(
        AssignmentChange(
            proposal=proposal,
            reviewer_id=change.reader,
            leaves_id=change.leaves,
            reason=change.reason,
            **{f"{change.key[0]}_id": change.key[1]},
        )
        for change in changes
    )
    audit.record("create", proposal, by=by, after=proposal.state, changes=len(changes))
    return proposal


@transaction.atomic
def discard_proposal(*, proposal: AssignmentProposal, by: Any) -> AssignmentProposal:
    """Give a proposal up: everybody keeps what they have."""
    return transition(locked(proposal), "discard", by=by)


@transaction.atomic
def swap_reader(*, change: AssignmentChange, reader: User, by: Any) -> AssignmentChange:
    """Propose another reader in one line. Raises ``Refused`` for somebody who may not read the text."""
    proposal, change = _editable(change, by=by)
    if reader.pk == change.reviewer_id:
        return change
    if why := standing_of([key_of(change)]).why_not(key_of(change), reader.pk):
        raise Refused(f"{reader}: {why}.")
    same = {"track_application": change.track_application, "evaluation": change.evaluation}
    if proposal.changes.filter(reviewer=reader, **same).exists():
        raise Refused(f"{reader} is proposed for this text in another line.")
    before, change.reviewer, change.reason = change.reviewer_id, reader, ChangeReason.HAND
    change.is_dropped = False
    change.save(update_fields=["reviewer", "reason", "is_dropped"])
    audit.record("swap_reader", proposal, by=by, change=change.pk, before_reader=before, reader=reader.pk)
    return change


@transaction.atomic
def drop_change(*, change: AssignmentChange, by: Any) -> AssignmentChange:
    """Leave one line out; doing it twice changes nothing."""
    return _set_dropped(change, True, "drop_change", by=by)


@transaction.atomic
def restore_change(*, change: AssignmentChange, by: Any) -> AssignmentChange:
    """Take a line in again."""
    return _set_dropped(change, False, "restore_change", by=by)


def _set_dropped(change: AssignmentChange, dropped: bool, verb: str, *, by: Any) -> AssignmentChange:
    proposal, change = _editable(change, by=by)
    if change.is_dropped != dropped:
        change.is_dropped = dropped
        change.save(update_fields=["is_dropped"])
        audit.record(verb, proposal, by=by, change=change.pk)
    return change


def _editable(change: AssignmentChange, *, by: Any) -> tuple[AssignmentProposal, AssignmentChange]:
    """Return the locked proposal as a draft of the next version, and the line as it is now."""
    proposal = locked(AssignmentProposal(pk=change.proposal_id))
    if proposal.state != ProposalState.DRAFT:
        raise Refused(f"This proposal is {proposal.get_state_display().lower()}: its lines stand.")
    # As if it did not exist: leads are not to learn from a refusal that a line about them is here.
    line = changes_visible_to(by).filter(pk=change.pk).first()
    if line is None:
        raise Refused("This line is not yours to decide on.")
    proposal.version += 1
    proposal.save(update_fields=["version"])
    return proposal, line


def demand_fresh(proposal: AssignmentProposal, *, version: int, due_at: datetime | None = None) -> None:
    """Refuse what cannot be applied any more: ``Stale`` after an edit, ``Refused`` for a date that has passed."""
    if proposal.version != version:
        raise Stale("The proposal was edited since you looked at it. Look again, then apply.", proposal)
    if due_at is not None and due_at <= clock.now():
        raise Refused("This date has passed. Choose a later one.")


def untold(message: str, done: int, total: int) -> None:
    """Tell nobody how far it is."""


@transaction.atomic
def apply_proposal(
    *,
    proposal: AssignmentProposal,
    version: int,
    by: Any,
    due_at: datetime | None = None,
    tell: Callable[[str, int, int], None] = untold,
) -> AssignmentProposal:
    """Give out what is proposed, by ``due_at`` if set. Applying twice changes nothing.

    A line whose text or people have changed meanwhile is taken out, and says why; the others go on. ``tell`` hears how
    far it is; what it raises takes everything back. Raises ``Stale`` when lines were edited since ``version`` was
    looked at, ``Refused`` for a date that has passed.
    """
    proposal = locked(proposal)
    if proposal.state == ProposalState.APPLIED:
        return proposal
    demand_fresh(proposal, version=version, due_at=due_at)
    changes, rubrics = _locked_changes(proposal)
    tell("Looking at every line again", 0, len(changes))
    against = standing_against(changes, standing_of(map(key_of, changes)))
    going = [change for change in changes if not change.is_dropped and not against[change.pk]]
    for change in changes:
        change.taken_out = against.get(change.pk, "")[:120]
    AssignmentChange.objects.bulk_update(changes, ["taken_out"], batch_size=1000)
    transition_all([change.leaves for change in going if change.leaves], "move", by=by)
    for start in range(0, len(going), PART):
        tell("Giving out", start, len(going))
        _give(going[start : start + PART], rubrics, due_at, by=by)
    tell("Storing what was given out", len(going), len(going))
    return transition(proposal, "apply", by=by, applied_at=clock.now(), due_at=due_at)


def _locked_changes(proposal: AssignmentProposal) -> tuple[list[AssignmentChange], dict[Key, int | None]]:
    """Return the lines, and by which rubric each text is read, with everything they touch locked.

    First the texts, then the rubrics, then what is to change hands.
    """
    rows = proposal.changes.values_list("track_application_id", "evaluation_id", "leaves_id")
    tracks, tasks, leaving = ({pk for pk in column if pk} for column in zip(*rows, strict=True)) if rows else ((),) * 3
    locked_rows(EvaluationAssignment, tasks)
    locked_rows(TrackApplication, tracks)
    keys = [("track_application", pk) for pk in tracks] + [("evaluation", pk) for pk in tasks]
    rubrics = hold_rubrics(standing_of(keys).rubric)
    locked_rows(ReviewAssignment, leaving)
    return changes_of(proposal), rubrics


def _give(
    changes: Iterable[AssignmentChange], rubrics: Mapping[Key, int | None], due_at: datetime | None, *, by: Any
) -> None:
    rows = ReviewAssignment.objects.bulk_create(
        fresh_assignment(key_of(change), change.reviewer_id, rubrics[key_of(change)], due_at) for change in changes
    )
    audit.record_all("assign", [(row, "", row.state) for row in rows], by=by)
