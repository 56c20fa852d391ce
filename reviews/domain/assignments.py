"""Give texts to reviewers, and take back what need not be read any more."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from applications.models import EvaluationAssignment, TrackApplication
from applications.queries.references import referees_of_person
from applications.states import ENDED, EvaluationState, TrackState
from core import audit, deadlines, outbox
from core.refusals import Refused
from core.transitions import locked, transition
from reviews.models import ConflictOfInterest, FurtherRead, ReviewAssignment, Rubric
from reviews.queries.due import open_readings
from reviews.queries.needs import BEGUN, COUNTED, Target
from reviews.queries.rubric_checks import of_same_owner
from reviews.queries.standing import Key, key_of, standing_of
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, DeclineReason, RubricState
from streams.models import Cycle

#: Letters that cannot be misheard or misread.
LABEL_LETTERS = "ABCDEFGHJKLMNPRSTUVWXY"
RANDOM_POSITION = 2**31 - 1
#: From these on nobody needs the reading of a track any more.
READ_NO_MORE = frozenset({TrackState.LAPSED, TrackState.WITHDRAWN, TrackState.ADVANCED, TrackState.NOT_ADVANCED})


@transaction.atomic
def apply_assignment(*, target: Target, readers: frozenset[int], by: Any) -> int:
    """Give one text to ``readers`` (primary keys), as far as it still lacks readers. Returns how many were added.

    Safe to repeat and to run twice at a time: the text is locked, its readers are counted anew, and whoever has a
    conflict by now, or has had the text before, is passed over.
    """
    text, k = _locked_text(target)
    if text is None or target.rubric_id is None:
        return 0
    known = ReviewAssignment.objects.filter(**{target.kind: text})
    present = known.filter(state__in=sorted(COUNTED)).count()
    barred = set(known.values_list("reviewer_id", flat=True)) | {target.person_id}
    for reviewer_id, person_id in ConflictOfInterest.objects.filter(
        Q(person_id=target.person_id) | Q(reviewer_id=target.person_id)
    ).values_list("reviewer_id", "person_id"):
        barred |= {reviewer_id, person_id}
    barred |= referees_of_person(target.person_id)
    chosen = sorted(readers - barred)[: max(k - present, 0)]
    if not chosen:
        return 0
    key = (target.kind, target.pk)
    rubric = hold_rubrics({key: target.rubric_id})[key]
    rows = ReviewAssignment.objects.bulk_create(fresh_assignment(key, reader, rubric) for reader in chosen)
    for row in rows:
        audit.record("assign", row, by=by, after=row.state)
    return len(rows)


def hold_rubrics(planned: Mapping[Key, int | None]) -> dict[Key, int | None]:
    """Return by which version each text is read by whoever gets it now, and keep these in force.

    ``planned`` is what was read without a lock. Whoever publishes a version has to wait until this transaction ends,
    and then moves what it gave out; while one is being published this waits, and gives out by the new one. A text
    that somebody has begun keeps its version. Comes after the lock on the texts and before those on readings.
    """
    in_force = {pk: _held_version(pk) for pk in sorted({pk for pk in planned.values() if pk is not None})}
    replaced = {key for key, pk in planned.items() if pk is not None and in_force[pk] != pk}
    begun: dict[Key, int] = {}
    if replaced:
        ids = {kind: {pk for one, pk in replaced if one == kind} for kind in ("track_application", "evaluation")}
        about = Q(track_application__in=ids["track_application"]) | Q(evaluation__in=ids["evaluation"])
        for row in ReviewAssignment.objects.filter(about, state__in=sorted(BEGUN)):
            begun[key_of(row)] = row.rubric_id
    return {key: None if pk is None else begun.get(key, in_force[pk]) for key, pk in planned.items()}


def _held_version(pk: int) -> int:
    while (rubric := locked(Rubric(pk=pk))).state == RubricState.RETIRED:
        # Its follower may be retired as well before the lock on it is given: then on to the next.
        pk = of_same_owner(rubric).exclude(state=RubricState.DRAFT).latest("version").pk
    return pk


def fresh_assignment(key: Key, reader: int, rubric: int | None, due_at: datetime | None = None) -> ReviewAssignment:
    """Return an unsaved assignment of one text to ``reader`` (primary keys), with a label and place of its own."""
    return ReviewAssignment(
        label=_label(),
        reviewer_id=reader,
        rubric_id=rubric,
        position=secrets.randbelow(RANDOM_POSITION),
        due_at=due_at,
        **{f"{key[0]}_id": key[1]},
    )


@transaction.atomic
def decline_assignment(*, assignment: ReviewAssignment, reason: str, by: Any, note: str = "") -> ReviewAssignment:
    """Hand a text back with a reason: it lacks a reader from now on. Doing it twice changes nothing."""
    assignment = locked(assignment)
    if assignment.reviewer_id != by.pk:
        raise Refused("This text is not yours to review.")
    if reason not in DeclineReason.values:
        raise Refused("Choose one of the reasons.")
    if assignment.state == AssignmentState.DECLINED:
        return assignment
    return transition(assignment, "decline", by=by, decline_reason=reason, decline_note=note.strip()[:300])


@transaction.atomic
def reassign(
    *, assignment: ReviewAssignment, reader: User, by: Any, due_at: datetime | None = None
) -> ReviewAssignment:
    """Give a text that is late, or was handed back, to somebody else. Returns the new assignment.

    Raises ``Refused`` for somebody who may not read it, and when it has enough readers without this one.
    """
    key = key_of(assignment)
    model = TrackApplication if assignment.track_application_id else EvaluationAssignment
    locked(model(pk=key[1]))
    standing = standing_of([key])
    rubric = hold_rubrics({key: standing.rubric.get(key)})[key]
    assignment = locked(assignment)
    if why := standing.why_not(key, reader.pk):
        raise Refused(f"{reader}: {why}.")
    if len(standing.present[key] - {assignment.reviewer_id}) >= standing.wanted[key]:
        raise Refused("This text has enough readers by now.")
    transition(assignment, "reassign", by=by)
    fresh = fresh_assignment(key, reader.pk, rubric, due_at)
    fresh.save()
    audit.record("assign", fresh, by=by, after=fresh.state)
    return fresh


def _locked_text(target: Target) -> tuple[TrackApplication | EvaluationAssignment | None, int]:
    """Return the locked text if it is still to be read, and how many readers it is to have."""
    if target.kind == "evaluation":
        task = locked(EvaluationAssignment(pk=target.pk), "application__cycle")
        readable = task.state in {EvaluationState.SUBMITTED, EvaluationState.GRADED}
        return (task if readable else None), task.application.cycle.reviews_per_application
    row = locked(TrackApplication(pk=target.pk), "application__cycle")
    k = row.application.cycle.reviews_per_application + FurtherRead.objects.filter(track_application=row).count()
    return (row if row.internal_state == TrackState.IN_REVIEW else None), k


def _label() -> str:
    return f"{secrets.choice(LABEL_LETTERS)}-{secrets.randbelow(9000) + 1000}"


@transaction.atomic
def remind_reader(*, reader: User, cycle: Cycle, due_at: datetime, lead: str) -> None:
    """Write to a reader about all that is due at one moment; asking twice is one mail."""
    reader = locked(reader)
    waiting = open_readings(cycle).filter(reviewer=reader, due=due_at).order_by("position")
    rows = list(waiting.values_list("label", flat=True))
    if not rows or not reader.wants_reminders:
        return
    outbox.enqueue(
        # The instant belongs to the key: another date brings its own reminders.
        key=f"reading-due:{reader.public_id}:{due_at:%Y%m%d%H%M}:{lead}",
        to=reader.email,
        person=reader,
        template="reviews/mail/reading_due.txt",
        cycle=cycle.name,
        is_late=lead == "late",
        n=len(rows),
        labels=rows[:20],
        due=deadlines.written(due_at, "UTC", ends_day=deadlines.ends_a_day(due_at, "UTC")),
    )


@transaction.atomic
def end_assignments(*, by: Any = None) -> int:
    """End the open assignments whose text need not be read any more: withdrawn, or its outcome is released.

    Returns how many were ended.
    """
    over = (
        ReviewAssignment.objects.filter(state__in=sorted(OPEN_ASSIGNMENT))
        .filter(
            Q(track_application__released_state__in=sorted(READ_NO_MORE))
            | Q(evaluation__application__released_state__in=sorted(ENDED))
        )
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    ended = [transition(row, "end", by=by) for row in over]
    return len(ended)
