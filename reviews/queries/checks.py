"""What stands against a batch of decisions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from applications.models import IntegrityCase, TrackApplication
from applications.queries.references import asked_references
from applications.states import LIVE_CASE, TrackState
from reviews.models import ConflictOfInterest, Decision, DecisionBatch, ReviewAssignment
from reviews.queries.access import people_kept_from
from reviews.queries.comparing import owed_scores
from reviews.queries.feedback import KEPT_SENTENCES
from reviews.queries.reads import DISAGREEMENT, Reads, reads_of
from reviews.states import READING_ENDS_WITH, AssignmentState, BatchState, GateKind, Outcome, PacketState
from streams.states import FeedbackPolicy

HAS_WITHDRAWN = "has withdrawn"
#: Where a gate finds the applications it decides on.
WAITING = {
    GateKind.SCREEN: frozenset({TrackState.IN_SCREEN}),
    GateKind.REVIEW: frozenset({TrackState.IN_REVIEW, TrackState.HELD}),
}
#: The move that an outcome makes at a gate; holding somebody at the screen leaves them there.
VERBS: dict[tuple[str, str], str | None] = {
    (GateKind.SCREEN, Outcome.ADVANCE): "pass_screen",
    (GateKind.SCREEN, Outcome.NOT_ADVANCE): "fail_screen",
    (GateKind.SCREEN, Outcome.HOLD): None,
    (GateKind.REVIEW, Outcome.ADVANCE): "advance",
    (GateKind.REVIEW, Outcome.NOT_ADVANCE): "not_advance",
    (GateKind.REVIEW, Outcome.HOLD): "hold",
}


@dataclass(frozen=True)
class Problem:
    """Something that stands against a batch, with the applications it is about (their public ids)."""

    kind: str
    text: str
    applications: tuple[str, ...] = ()
    blocks: bool = True


def problems(batch: DecisionBatch) -> list[Problem]:
    """Return what stands against ``batch`` now; nothing that blocks may be left when it is approved or released."""
    lines = _lines(batch)
    return _empty(lines) or _against(batch, lines)


def problems_for(batch: DecisionBatch, user: Any) -> list[Problem]:
    """Return the same for somebody to read: of lines that ``user`` is kept from, only how many of them block."""
    lines, kept = _lines(batch), people_kept_from(user)
    hidden = [one for one in lines if one.track_application.application.person_id in kept]
    if not hidden:
        return _empty(lines) or _against(batch, lines)
    found = _against(batch, [one for one in lines if one not in hidden])
    unseen = {one for problem in _against(batch, hidden) if problem.blocks for one in problem.applications}
    if _empty(lines):
        unseen = set(_ids(hidden))
    return [*found, _unseen(len(unseen))] if unseen else found


def _unseen(n: int) -> Problem:
    words = "1 line you cannot see is" if n == 1 else f"{n} lines you cannot see are"
    return Problem("unseen", f"{words} not ready. Somebody else has to look.")


def _lines(batch: DecisionBatch) -> list[Any]:
    waiting = IntegrityCase.objects.filter(
        assignment__application=OuterRef("track_application__application"),
        assignment__definition__tracks=batch.track_id,
        state__in=sorted(LIVE_CASE),
    )
    asked = batch.decisions.annotate(has_question=Exists(waiting))
    lines = asked.select_related("track_application__application").order_by("pk")
    return list(_with_debts(lines) if batch.gate == GateKind.REVIEW else lines)


def _empty(lines: list[Any]) -> list[Problem]:
    if not lines:
        return [Problem("empty", "Nobody is left in this batch.")]
    if all(line.track_application.internal_state == TrackState.WITHDRAWN for line in lines):
        return [Problem("empty", "Everybody in this batch has withdrawn.")]
    return []


def _against(batch: DecisionBatch, lines: list[Any]) -> list[Problem]:
    gone = [d for d in lines if d.track_application.internal_state == TrackState.WITHDRAWN]
    decisions = [d for d in lines if d not in gone]
    found = [_moved(batch, decisions), _gone(gone)]
    if batch.gate == GateKind.REVIEW and decisions:
        reads = reads_of((d.track_application_id for d in decisions), batch.cycle.reviews_per_application)
        found += [_unread(decisions, reads), _disagreed(decisions, reads), _conflicted(decisions)]
        found.append(_questioned(decisions))
        found += _notes_and_lines(batch, decisions)
    return [problem for problem in found if problem.applications]


def _ids(decisions: Iterable[Decision]) -> tuple[str, ...]:
    return tuple(decision.track_application.public_id for decision in decisions)


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n} people"


def expected_state(batch: DecisionBatch, decision: Decision) -> frozenset[str]:
    """Return in which states the application must be found for ``decision`` to stand."""
    verb = VERBS[batch.gate, decision.outcome]
    if batch.state == BatchState.APPROVED and verb is not None:
        return frozenset({TrackApplication.MOVES.moves[verb].target})
    return frozenset(str(state) for state in WAITING[GateKind(batch.gate)])


def _moved(batch: DecisionBatch, decisions: list[Decision]) -> Problem:
    rows = [d for d in decisions if d.track_application.internal_state not in expected_state(batch, d)]
    since = (
        "since the approval. Take out and approve again."
        if batch.state == BatchState.APPROVED
        else "since the batch was made. Take out."
    )
    return Problem("changed", f"{_people(len(rows))} changed {since}", _ids(rows))


def _gone(decisions: list[Decision]) -> Problem:
    verb = "has" if len(decisions) == 1 else "have"
    text = f"{_people(len(decisions))} {verb} withdrawn. The release leaves them out: they are told nothing."
    return Problem("gone", text, _ids(decisions), blocks=False)


def _unread(decisions: list[Decision], reads: dict[int, Reads]) -> Problem:
    rows = [
        d
        for d in decisions
        if not reads[d.track_application_id].are_complete and (d.by_rule or d.outcome != Outcome.HOLD)
    ]
    return Problem("unread", f"{_people(len(rows))} with reads missing. Wait, take out, or hold by hand.", _ids(rows))


def _disagreed(decisions: list[Decision], reads: dict[int, Reads]) -> Problem:
    rows = [d for d in decisions if reads[d.track_application_id].disagree and d.by_rule]
    n = len(rows)
    words = "1 disagreement" if n == 1 else f"{n} disagreements"
    return Problem(
        "disagreement", f"{words} of {DISAGREEMENT} or more without a note. Decide by hand, with a reason.", _ids(rows)
    )


def _questioned(decisions: list[Any]) -> Problem:
    """People about whose submission for this track a question waits: nothing is decided on them before it is."""
    rows = [d for d in decisions if d.has_question and (d.by_rule or d.outcome != Outcome.HOLD)]
    text = f"{_people(len(rows))} with a question about a submission that is not settled. Take out, or hold by hand."
    return Problem("question", text, _ids(rows))


def _conflicted(decisions: list[Decision]) -> Problem:
    """Readings that count although reader and applicant are in conflict, by whatever it is known."""
    by_row = {d.track_application_id: d for d in decisions}
    person = "track_application__application__person"
    pair = Q(reviewer=OuterRef("reviewer"), person=OuterRef(person)) | Q(
        reviewer=OuterRef(person), person=OuterRef("reviewer")
    )
    named = asked_references().filter(referee__email=OuterRef("reviewer__email"), application__person=OuterRef(person))
    rows = set(
        ReviewAssignment.objects.filter(
            Q(reviewer=F(person)) | Q(Exists(ConflictOfInterest.objects.filter(pair))) | Q(Exists(named)),
            track_application__in=by_row,
            state=AssignmentState.SUBMITTED,
        ).values_list("track_application_id", flat=True)
    )
    text = f"{_people(len(rows))} read by somebody with a conflict of interest. Take out and have it read anew."
    return Problem("conflict", text, _ids(by_row[pk] for pk in sorted(rows)))


def _with_debts(lines: QuerySet[Decision]) -> QuerySet[Any]:
    """Return the same lines with what readers owe: explanations of levels far apart, and notes that are checked."""
    row = OuterRef("track_application")
    return lines.annotate(
        is_far=Exists(owed_scores().filter(review__assignment__track_application=row)),
        has_words=Exists(KEPT_SENTENCES.filter(packet__track_application=row)),
        packet_state=F("track_application__feedback__state"),
    )


def _notes_and_lines(batch: DecisionBatch, decisions: list[Any]) -> list[Problem]:
    """What readers owe: lines about levels far apart, and notes that somebody has checked."""
    problems = [_unexplained([d for d in decisions if d.is_far])]
    if batch.cycle.feedback_policy == FeedbackPolicy.NONE:
        return problems
    ended = [d for d in decisions if d.outcome in READING_ENDS_WITH]
    unchecked = [d for d in ended if d.has_words and d.packet_state == PacketState.OPEN]
    empty = [d for d in ended if not d.has_words and d.packet_state != PacketState.TOLD]
    return [*problems, _unchecked(batch, unchecked), _without_notes(empty)]


def _unexplained(decisions: list[Decision]) -> Problem:
    text = f"{_people(len(decisions))} with levels far apart that a reader has not explained."
    return Problem("unexplained", text, _ids(decisions), blocks=False)


def _unchecked(batch: DecisionBatch, decisions: list[Decision]) -> Problem:
    n, blocks = len(decisions), batch.cycle.feedback_policy == FeedbackPolicy.REQUIRED
    text = f"{n} {'packet' if n == 1 else 'packets'} of notes not checked. "
    text += "Nothing is released before they are." if blocks else "They go out when they are, after the result."
    return Problem("unchecked", text, _ids(decisions), blocks=blocks)


def _without_notes(decisions: list[Decision]) -> Problem:
    text = f"{_people(len(decisions))} without a note: they read “No notes are available”."
    return Problem("no_notes", text, _ids(decisions), blocks=False)
