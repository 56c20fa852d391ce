"""Statements that hold for all reading and deciding, always; each function returns the rows that break its own."""

from collections.abc import Callable

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from applications.models import TrackApplication
from applications.states import TrackState
from core.models import OutboxMail
from reviews.models import ConflictOfInterest, Criterion, Decision, DecisionBatch, ReviewAssignment, ReviewScore
from reviews.queries.access import VISIBLE
from reviews.queries.checks import VERBS
from reviews.queries.undo import STANDS
from reviews.states import AssignmentState, BatchState, GateKind, GroupRule

#: States that an applicant can only read because a batch was released.
DECIDED = frozenset({TrackState.HELD, TrackState.ADVANCED, TrackState.NOT_ADVANCED})


def readings_in_conflict() -> QuerySet[ReviewAssignment]:
    """Nobody has something to read of themselves or of a person they are in conflict with."""
    broken = Q()
    for person in ("track_application__application__person", "evaluation__application__person"):
        pair = Q(reviewer=OuterRef("reviewer"), person=OuterRef(person)) | Q(
            reviewer=OuterRef(person), person=OuterRef("reviewer")
        )
        broken |= Q(**{person: F("reviewer")}) | Q(Exists(ConflictOfInterest.objects.filter(pair)))
    return ReviewAssignment.objects.filter(broken, state__in=sorted(VISIBLE))


def readings_handed_in_incomplete() -> QuerySet[ReviewAssignment]:
    """What is handed in scores every criterion of its rubric, has a mean and a sentence for the applicant.

    Left out: criteria of an area, which depend on what the applicant had chosen then, and those of a group of which
    one is enough.
    """
    scored = ReviewScore.objects.filter(review__assignment=OuterRef(OuterRef("pk")), criterion=OuterRef("pk"))
    unscored = Criterion.objects.filter(~Exists(scored), rubric=OuterRef("rubric"), area_code="").exclude(
        group_rule=GroupRule.ANY_OF
    )
    return ReviewAssignment.objects.filter(
        Q(review__mean=None) | Q(review__feedback_public="") | Exists(unscored), state=AssignmentState.SUBMITTED
    )


def readings_by_the_rubric_of_another_text() -> QuerySet[ReviewAssignment]:
    """An application is read by a rubric of its track, a task by one of its own."""
    return ReviewAssignment.objects.filter(
        Q(track_application__isnull=False) & ~Q(rubric__track=F("track_application__track"))
        | Q(evaluation__isnull=False) & ~Q(rubric__definition=F("evaluation__definition"))
    )


def batches_without_a_second_person() -> QuerySet[DecisionBatch]:
    """What is approved or released was approved by somebody other than its maker.

    The database refuses it too; this is for a restored copy whose constraints were switched off for loading.
    """
    return DecisionBatch.objects.filter(
        Q(approver=None) | Q(approver=F("maker")), state__in=[BatchState.APPROVED, BatchState.RELEASED]
    )


def batches_released_without_a_time() -> QuerySet[DecisionBatch]:
    """A release has its instant, and nothing else has one."""
    return DecisionBatch.objects.filter(
        Q(state=BatchState.RELEASED, released_at=None) | ~Q(state=BatchState.RELEASED) & Q(released_at__isnull=False)
    )


def outcomes_shown_without_a_release() -> QuerySet[TrackApplication]:
    """What an applicant reads as decided stands in a released batch."""
    released = Decision.objects.filter(STANDS, track_application=OuterRef("pk"))
    return TrackApplication.objects.filter(~Exists(released), released_state__in=sorted(DECIDED))


def decisions_taken_back_without_a_counter() -> QuerySet[Decision]:
    """What was taken back stands in a released counter-batch, and what such a batch did is marked as taken back."""
    undone = Decision.objects.filter(
        track_application=OuterRef("track_application"),
        batch__counters=OuterRef("batch"),
        batch__state=BatchState.RELEASED,
        left_out="",
    )
    return Decision.objects.filter(
        Q(taken_back_at__isnull=False) & ~Exists(undone) | Q(taken_back_at=None) & Exists(undone)
    )


def decisions_about_another_track() -> QuerySet[Decision]:
    """A batch decides on applications in its own track."""
    return Decision.objects.exclude(track_application__track=F("batch__track"))


def decisions_about_those_who_decided() -> QuerySet[Decision]:
    """Nobody decides on, makes or approves a decision about their own application."""
    person = F("track_application__application__person")
    return Decision.objects.filter(Q(decided_by=person) | Q(batch__maker=person) | Q(batch__approver=person))


def scores_outside_the_scale() -> QuerySet[ReviewScore]:
    """Every score lies on the scale of its criterion, and the criterion is one of the rubric that was read by."""
    return ReviewScore.objects.filter(
        Q(value__lt=F("criterion__scale_min"))
        | Q(value__gt=F("criterion__scale_max"))
        | ~Q(criterion__rubric=F("review__assignment__rubric"))
    )


def approved_lines_out_of_step() -> QuerySet[Decision]:
    """What a second person has approved is what staff's states say, until it is released or the approval is voided."""
    agrees = Q(track_application__internal_state=TrackState.WITHDRAWN)
    for (gate, outcome), verb in VERBS.items():
        state = TrackApplication.MOVES.moves[verb].target if verb else TrackState.IN_SCREEN
        agrees |= Q(batch__gate=gate, outcome=outcome, track_application__internal_state=state)
    return Decision.objects.filter(~agrees, batch__state=BatchState.APPROVED, batch__counters=None)


def outcomes_set_without_an_approval() -> QuerySet[TrackApplication]:
    """Where staff's state is ahead of the applicant's by a decision, that decision stands in an approved batch."""
    approved = Decision.objects.filter(track_application=OuterRef("pk"), batch__state=BatchState.APPROVED)
    ahead = Q(internal_state__in=sorted(DECIDED)) | Q(
        internal_state=TrackState.STREAMS_OPEN, released_state=TrackState.IN_SCREEN
    )
    return TrackApplication.objects.filter(ahead, ~Exists(approved)).exclude(internal_state=F("released_state"))


def lines_that_a_release_forgot() -> QuerySet[Decision]:
    """A release is whole: each line was shown to its applicant or says why not, and never both.

    Asked of releases that have noted where they found people; older ones have noted nothing for anybody.
    """
    noted = Decision.objects.filter(batch=OuterRef("batch"), found__isnull=False)
    both_or_neither = Q(left_out="", found=None) | ~Q(left_out="") & Q(found__isnull=False)
    released = Decision.objects.filter(batch__state=BatchState.RELEASED, batch__counters=None)
    return released.filter(both_or_neither, Exists(noted))


def decisions_by_those_in_conflict() -> QuerySet[Decision]:
    """Nobody decided on, or approved a decision about, a person to whom they were known to be close at that time."""
    person, broken = "track_application__application__person", Q()
    for who, at in (("decided_by", "decided_at"), ("batch__approver", "batch__approved_at")):
        pair = Q(reviewer=OuterRef(who), person=OuterRef(person)) | Q(reviewer=OuterRef(person), person=OuterRef(who))
        broken |= Q(Exists(ConflictOfInterest.objects.filter(pair, declared_at__lt=OuterRef(at))))
    return Decision.objects.filter(broken)


def decisions_mailed_otherwise() -> QuerySet[Decision]:
    """The mail about a decision says what was decided, and there is none before the release or to who was left out."""
    key = Concat(
        Value("decision:"),
        OuterRef("track_application__application__public_id"),
        Value(":"),
        OuterRef("batch__public_id"),
    )
    words = Concat(Value("reviews/mail/"), OuterRef("batch__gate"), Value("_"), OuterRef("outcome"), Value(".txt"))
    mails = OutboxMail.objects.filter(key=key)
    is_shown = Q(batch__state=BatchState.RELEASED, left_out="")
    rows = Decision.objects.filter(batch__gate__in=GateKind.values, batch__counters=None)
    return rows.filter(Q(Exists(mails.exclude(template=words))) | ~is_shown & Q(Exists(mails)))


ALL: list[Callable[[], QuerySet]] = [
    readings_in_conflict,
    readings_handed_in_incomplete,
    readings_by_the_rubric_of_another_text,
    batches_without_a_second_person,
    batches_released_without_a_time,
    outcomes_shown_without_a_release,
    decisions_taken_back_without_a_counter,
    decisions_about_another_track,
    decisions_about_those_who_decided,
    scores_outside_the_scale,
    approved_lines_out_of_step,
    outcomes_set_without_an_approval,
    lines_that_a_release_forgot,
    decisions_by_those_in_conflict,
    decisions_mailed_otherwise,
]
