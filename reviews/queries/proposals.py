"""Proposed changes of the assignments as pages show them, and who may look at which."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from applications.models import TrackApplication
from applications.states import TrackState
from core.models import Job
from core.states import JobState
from reviews.models import AssignmentChange, AssignmentProposal, ReviewAssignment
from reviews.queries.access import conflicted_with, people_kept_from, tracks_to_watch
from reviews.queries.needs import COUNTED, loads, pools
from reviews.queries.standing import Key, Standing, key_of, standing_against, standing_of
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, ChangeReason, ProposalState
from streams.models import Cycle, Track


def proposals_visible_to(user: Any) -> QuerySet[AssignmentProposal]:
    """Return the proposals about tracks that ``user`` leads; all for staff."""
    if user.is_anonymous:
        return AssignmentProposal.objects.none()
    return AssignmentProposal.objects.filter(track__in=tracks_to_watch(user)).select_related("track", "maker")


def changes_visible_to(user: Any) -> QuerySet[AssignmentChange]:
    """Return the lines of those proposals, without the ones about ``user`` or somebody in conflict with them."""
    return (
        AssignmentChange.objects.filter(proposal__in=proposals_visible_to(user))
        .exclude(conflicted_with(user, "track_application__application__person"))
        .exclude(conflicted_with(user, "evaluation__application__person"))
    )


def assignments_watched_by(user: Any) -> QuerySet[ReviewAssignment]:
    """Return the assignments in tracks that ``user`` leads, without texts by people they are close to.

    Each comes with what its page tells of it.
    """
    if user.is_anonymous:
        return ReviewAssignment.objects.none()
    tracks = tracks_to_watch(user)
    return (
        ReviewAssignment.objects.filter(
            Q(track_application__track__in=tracks) | Q(evaluation__definition__tracks__in=tracks)
        )
        .select_related(
            "reviewer",
            "track_application__track",
            "track_application__application",
            "evaluation__application",
            "evaluation__definition",
        )
        .exclude(conflicted_with(user, "track_application__application__person"))
        .exclude(conflicted_with(user, "evaluation__application__person"))
        .distinct()
    )


def open_proposal(track: Track) -> AssignmentProposal | None:
    """Return the proposal of ``track`` that waits to be applied."""
    return AssignmentProposal.objects.filter(track=track, state=ProposalState.DRAFT).first()


@dataclass(frozen=True)
class ChangeRow:
    """One line of a proposal."""

    public_id: str
    reference: str
    what: str
    reader: str
    instead_of: str
    reason: str
    is_dropped: bool
    problem: str
    is_by_hand: bool = False


@dataclass(frozen=True)
class LoadRow:
    """One reviewer's load before and after: everything they have to read, in all tracks."""

    name: str
    done: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        """How much more, or less."""
        return self.after - self.before


@dataclass(frozen=True)
class ProposalPage:
    """What the page of one proposal shows."""

    public_id: str
    track: str
    track_id: str
    state: str
    state_label: str
    source: str
    version: int
    maker: str
    created_at: datetime
    applied_at: datetime | None
    due_at: datetime | None
    rows: tuple[ChangeRow, ...]
    n_hidden: int
    loads: tuple[LoadRow, ...]
    unmet: tuple[dict[str, Any], ...]
    links_missing: int

    @property
    def is_draft(self) -> bool:
        """Whether it waits to be applied."""
        return self.state == ProposalState.DRAFT

    @property
    def standing_rows(self) -> list[ChangeRow]:
        """The lines that would be applied, or were."""
        return [row for row in self.rows if not row.is_dropped and not row.problem]

    @property
    def n_new(self) -> int:
        """How many readings are given out anew."""
        return sum(not row.instead_of for row in self.standing_rows)

    @property
    def n_moved(self) -> int:
        """How many readings change hands."""
        return sum(bool(row.instead_of) for row in self.standing_rows)

    @property
    def n_problems(self) -> int:
        """How many lines cannot be applied."""
        return sum(bool(row.problem) for row in self.rows)


def changes_of(proposal: AssignmentProposal) -> list[AssignmentChange]:
    """Return the lines of a proposal with all that their pages and rules look at, in a fixed order."""
    return list(
        proposal.changes.select_related(
            "reviewer",
            "leaves__reviewer",
            "track_application__application",
            "evaluation__application",
            "evaluation__definition",
        ).order_by("pk")
    )


def proposal_page(proposal: AssignmentProposal, user: Any) -> ProposalPage:
    """Return one proposal as ``user`` may see it: lines about people they are close to are counted, not shown."""
    changes, kept_from = changes_of(proposal), people_kept_from(user)
    is_draft = proposal.state == ProposalState.DRAFT
    standing = standing_of(map(key_of, changes))
    against = standing_against(changes, standing) if is_draft else {}
    rows = [
        change_row(change, change.taken_out or against.get(change.pk, ""))
        for change in changes
        if _person_of(change) not in kept_from
    ]
    # A line that is dropped stays where it was: who edits many of them must not look for it.
    rows.sort(key=lambda row: (not row.problem, row.reference, row.what, row.reader))
    return ProposalPage(
        public_id=proposal.public_id,
        track=proposal.track.name,
        track_id=proposal.track.public_id,
        state=proposal.state,
        state_label=proposal.get_state_display(),
        source=proposal.get_source_display(),
        version=proposal.version,
        maker=str(proposal.maker or "the calendar"),
        created_at=proposal.created_at,
        applied_at=proposal.applied_at,
        due_at=proposal.due_at,
        rows=tuple(rows),
        n_hidden=len(changes) - len(rows),
        loads=_loads(proposal.track, changes, against, standing) if is_draft else (),
        unmet=tuple(proposal.unmet),
        links_missing=proposal.links_missing,
    )


def _person_of(change: AssignmentChange) -> int:
    text: Any = change.track_application or change.evaluation
    return text.application.person_id


def change_row(change: AssignmentChange, problem: str = "") -> ChangeRow:
    """Return one line as pages show it."""
    text: Any = change.track_application or change.evaluation
    return ChangeRow(
        public_id=change.public_id,
        reference=text.application.reference,
        what=change.evaluation.definition.title if change.evaluation else "Application",
        reader=str(change.reviewer),
        instead_of=str(change.leaves.reviewer) if change.leaves else "",
        reason=change.get_reason_display(),
        is_dropped=change.is_dropped,
        problem=problem,
        is_by_hand=change.reason == ChangeReason.HAND,
    )


def _loads(
    track: Track, changes: list[AssignmentChange], against: Mapping[int, str], standing: Standing
) -> tuple[LoadRow, ...]:
    counted = ReviewAssignment.objects.filter(state__in=sorted(COUNTED)).values_list("reviewer")
    before, done = Counter[int](), Counter[int]()
    for reader, given, handed_in in counted.annotate(
        n=Count("pk"), n_done=Count("pk", filter=Q(state=AssignmentState.SUBMITTED))
    ):
        before[reader], done[reader] = given, handed_in
    after = before.copy()
    for change in changes:
        if not change.is_dropped and not against[change.pk]:
            after[change.reviewer_id] += 1
            if change.leaves is not None:
                after[change.leaves.reviewer_id] -= 1
    touched = {change.reviewer_id for change in changes} | {c.leaves.reviewer_id for c in changes if c.leaves}
    pool = standing.pools.get(track.pk)
    readers = (pools([track])[track.pk] if pool is None else pool) | touched
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=readers)}
    rows = [LoadRow(names[pk], done[pk], before[pk], after[pk]) for pk in readers if pk in names]
    return tuple(sorted(rows, key=lambda row: (-row.after, row.name)))


@dataclass(frozen=True)
class Choice:
    """Somebody who may be given a text, with what they have to read already."""

    public_id: str
    name: str
    load: int


def choices_for(key: Key, *, without: Iterable[int] = ()) -> list[Choice]:
    """Return who may be given this text, those with the least to read first."""
    able = standing_of([key]).eligible(key) - set(without)
    count = loads()
    people = User.objects.filter(pk__in=able)
    return sorted(
        (Choice(user.public_id, str(user), count.get(user.pk, 0)) for user in people),
        key=lambda choice: (choice.load, choice.name),
    )


def proposed_readers(change: AssignmentChange) -> list[int]:
    """Return whom the proposal names for the text of this line, in this line or in another."""
    same = {"track_application": change.track_application_id, "evaluation": change.evaluation_id}
    return list(AssignmentChange.objects.filter(proposal=change.proposal_id, **same).values_list("reviewer", flat=True))


@dataclass(frozen=True)
class TextHead:
    """What a lead reads of a text that is to change hands."""

    reference: str
    what: str
    reader: str
    state: str
    why: str


def head_of(assignment: ReviewAssignment) -> TextHead:
    """Return what an assignment is about."""
    text: Any = assignment.track_application or assignment.evaluation
    words = [assignment.get_decline_reason_display(), assignment.decline_note]
    return TextHead(
        reference=text.application.reference,
        what=assignment.evaluation.definition.title if assignment.evaluation else "Application",
        reader=str(assignment.reviewer),
        state=assignment.get_state_display(),
        why=": ".join(filter(None, words)),
    )


@dataclass(frozen=True)
class WaitingRow:
    """One assignment that waits for a lead: late, or handed back."""

    public_id: str
    reference: str
    what: str
    reader: str
    due_at: datetime | None
    why: str  # why it was handed back; empty if it is late


def waiting_rows(track: Track, user: Any, *, closes_at: datetime | None, now: datetime) -> list[WaitingRow]:
    """Return the assignments of ``track`` that are late, or handed back and lacking another reader since."""
    late = Q(due_at__lte=now, state__in=sorted(OPEN_ASSIGNMENT))
    if closes_at is not None and closes_at <= now:
        late |= Q(due_at=None, state__in=sorted(OPEN_ASSIGNMENT))
    rows = (
        assignments_watched_by(user)
        .filter(Q(track_application__track=track) | Q(evaluation__definition__tracks=track))
        .filter(late | Q(state=AssignmentState.DECLINED))
        .filter(Q(track_application=None) | Q(track_application__internal_state=TrackState.IN_REVIEW))
        .order_by("due_at", "pk")
    )
    listed = []
    for row in rows:
        head = head_of(row)
        listed.append(
            WaitingRow(row.public_id, head.reference, head.what, head.reader, row.due_at or closes_at, head.why)
        )
    return listed


def running_apply(proposal: AssignmentProposal) -> Job | None:
    """Return the job that applies ``proposal`` now, if one does."""
    if proposal.state != ProposalState.DRAFT:
        return None
    return Job.objects.filter(
        kind="reviews.apply",
        params__proposal_id=proposal.pk,
        state__in=[JobState.QUEUED, JobState.RUNNING],
    ).first()


def running_proposal(track: Track) -> Job | None:
    """Return the job that works out a proposal for ``track`` now, if one does."""
    return Job.objects.filter(
        kind="reviews.propose", params__track_id=track.pk, state__in=[JobState.QUEUED, JobState.RUNNING]
    ).first()


def track_of(assignment: ReviewAssignment) -> Track:
    """Return the track on whose page an assignment is listed; of a task, the first that it serves."""
    if assignment.track_application is not None:
        return assignment.track_application.track
    assert assignment.evaluation is not None  # a constraint says that an assignment has one of the two
    return assignment.evaluation.definition.tracks.order_by("order", "pk")[0]


def address(proposal: AssignmentProposal) -> str:
    """Return where a proposal is looked at."""
    return reverse("reviews:proposal", args=[proposal.public_id])


def tracks_without_proposal(cycle: Cycle) -> list[Track]:
    """Return the tracks where somebody waits to be read and for which a proposal was never asked for."""
    asked = Job.objects.filter(kind="reviews.propose").values_list("params__track_id", flat=True)
    waiting = TrackApplication.objects.filter(internal_state=TrackState.IN_REVIEW, review_assignments=None)
    return list(
        Track.objects.filter(cycle=cycle, pk__in=waiting.values("track"))
        .exclude(pk__in=[pk for pk in asked if pk is not None])
        .order_by("order", "pk")
    )
