"""Statements that hold for every application, always. Each function returns the rows that break its statement."""

from collections.abc import Callable

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from applications.models import (
    AnswerSnapshot,
    Application,
    CaseEvidence,
    CaseRuling,
    EvaluationAssignment,
    Excusal,
    IntegrityCase,
    Letter,
    Reference,
    StreamApplication,
    TaskExtension,
    TrackApplication,
)
from applications.states import (
    CLOSED_FROM,
    ENDED,
    HOLDS_PLACE,
    NOT_ADVANCED_FROM,
    NOT_ALONE,
    NOT_READ,
    AnswerScope,
    ApplicationState,
    CaseOutcome,
    CaseRound,
    CaseState,
    EvaluationKind,
    EvaluationState,
    ReferenceState,
    StreamApplicationState,
    TaskWindow,
    TrackState,
)
from core.models import AuditEvent
from streams.models import StreamTrack

A, S, T = ApplicationState, StreamApplicationState, TrackState
#: Where staff may already stand, by decisions not released, while the applicant still reads the key.
APPLICATION_AHEAD = {
    A.IN_SCREEN: {A.STAGE2, A.CLOSED},
    A.STAGE2: {A.CLOSED},
    A.UNDER_REVIEW: {A.FINAL, A.CLOSED},
    A.FINAL: {A.OFFERED, A.CLOSED},
}
TRACK_AHEAD = {
    T.IN_SCREEN: {T.STREAMS_OPEN, T.NOT_ADVANCED},
    T.IN_REVIEW: {T.HELD, T.ADVANCED, T.NOT_ADVANCED},
    T.HELD: {T.ADVANCED, T.NOT_ADVANCED, T.IN_REVIEW},
}


def _out_of_step(ahead: dict) -> Q:
    """Return what matches rows whose two layers differ in a way that no unreleased decision explains."""
    allowed = Q(internal_state=F("released_state"))
    for released, internal in ahead.items():
        allowed |= Q(released_state=released, internal_state__in=internal)
    return ~allowed


def submitted_applications_without_a_snapshot() -> QuerySet[Application]:
    """What was handed in has its words on record."""
    kept = AnswerSnapshot.objects.filter(application=OuterRef("pk"), scope=AnswerScope.GENERAL)
    return Application.objects.filter(~Exists(kept), submitted_at__isnull=False)


def submitted_applications_without_a_track() -> QuerySet[Application]:
    """Whoever is past the draft chose a track."""
    before = [A.DRAFT, A.LAPSED, A.WITHDRAWN]
    return Application.objects.exclude(internal_state__in=before).filter(track_applications__isnull=True)


def applications_out_of_step() -> QuerySet[Application]:
    """An applicant reads the present state, or the one before a decision that is not released."""
    return Application.objects.filter(_out_of_step(APPLICATION_AHEAD))


def track_applications_out_of_step() -> QuerySet[TrackApplication]:
    """The same for each track."""
    return TrackApplication.objects.filter(_out_of_step(TRACK_AHEAD))


def live_tracks_of_ended_applications() -> QuerySet[TrackApplication]:
    """Nothing goes on in an application that has ended."""
    going_on = [T.SELECTED, T.IN_SCREEN, T.STREAMS_OPEN, T.IN_REVIEW, T.HELD]
    return TrackApplication.objects.filter(application__internal_state__in=sorted(ENDED), internal_state__in=going_on)


def _told_otherwise(rows: QuerySet, column: str, verbs: list[str]) -> QuerySet:
    """Return those of ``rows`` that remember another state than the last line of the record has; some have no line."""
    lines = AuditEvent.objects.filter(
        object_type=rows.model._meta.label_lower, object_key=OuterRef("public_id"), verb__in=verbs
    ).order_by("-pk")
    told = rows.exclude(**{column: ""}).annotate(told=Subquery(lines.values("before")[:1]))
    return told.filter(told__isnull=False).exclude(told=F(column))


def closings_that_the_record_tells_otherwise() -> QuerySet[Application]:
    """An application remembers the phase in which it was closed: a way back leads no further than there."""
    return _told_otherwise(Application.objects.all(), CLOSED_FROM.column, ["close"])


def refusals_that_the_record_tells_otherwise() -> QuerySet[TrackApplication]:
    """The same for a track: what the screen refused is not taken back to the review."""
    return _told_otherwise(TrackApplication.objects.all(), NOT_ADVANCED_FROM.column, ["fail_screen", "not_advance"])


def applications_past_a_review_that_advanced_nothing() -> QuerySet[Application]:
    """Whoever is with the mentors, or has an offer, was advanced by the review of a track."""
    advanced = TrackApplication.objects.filter(application=OuterRef("pk"), internal_state__in=[T.ADVANCED, T.WITHDRAWN])
    return Application.objects.filter(~Exists(advanced), internal_state__in=[A.FINAL, A.OFFERED, A.ACCEPTED])


def tracks_of_another_cycle() -> QuerySet[TrackApplication]:
    """A track application stays inside its cycle."""
    return TrackApplication.objects.exclude(track__cycle=F("application__cycle"))


def stream_applications_outside_the_tracks() -> QuerySet[StreamApplication]:
    """Every stream applied to lies in a track of the application."""
    shared = StreamTrack.objects.filter(
        stream=OuterRef("stream"), track__track_applications__application=OuterRef("application")
    )
    return StreamApplication.objects.filter(~Exists(shared))


def stream_applications_without_a_snapshot() -> QuerySet[StreamApplication]:
    """What was submitted to a stream has its words on record."""
    kept = AnswerSnapshot.objects.filter(
        application=OuterRef("application"), scope=AnswerScope.STREAM, scope_key=OuterRef("public_id")
    )
    return StreamApplication.objects.filter(~Exists(kept), submitted_at__isnull=False)


def stream_applications_before_stage2() -> QuerySet[StreamApplication]:
    """Nobody has a stream before a track was released to them."""
    early = [A.DRAFT, A.SUBMITTED, A.LAPSED, A.IN_SCREEN]
    return StreamApplication.objects.filter(application__internal_state__in=early)


def agreements_not_acknowledged() -> QuerySet[StreamApplication]:
    """Whoever submitted under an agreement ticked it, and it is one of that stream."""
    return StreamApplication.objects.filter(agreement__isnull=False).filter(
        Q(acknowledged_at=None) | ~Q(agreement__stream=F("stream"))
    )


def evaluations_asked_twice() -> QuerySet[Application]:
    """An evaluation is one task, in one version, however many tracks ask for it."""
    twice = (
        EvaluationAssignment.objects.values("application", "definition__code")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .values("application")
    )
    return Application.objects.filter(pk__in=twice)


def evaluations_without_a_snapshot() -> QuerySet[EvaluationAssignment]:
    """What was handed in has its words on record."""
    kept = AnswerSnapshot.objects.filter(
        application=OuterRef("application"), scope=AnswerScope.EVALUATION, scope_key=OuterRef("public_id")
    )
    tasks = EvaluationAssignment.objects.exclude(definition__kind=EvaluationKind.EXTERNAL)
    return tasks.filter(~Exists(kept), submitted_at__isnull=False)


def excuses_out_of_step() -> QuerySet[EvaluationAssignment]:
    """An excused task has one reason in force, and no other task has one."""
    in_force = Excusal.objects.filter(assignment=OuterRef("pk"), ended_at=None)
    excused = Q(state=EvaluationState.EXCUSED)
    return EvaluationAssignment.objects.filter(excused & ~Exists(in_force) | ~excused & Exists(in_force))


def task_times_without_a_reason() -> QuerySet[EvaluationAssignment]:
    """More time for one task is the last that somebody granted, with a reason."""
    granted = TaskExtension.objects.filter(assignment=OuterRef("pk")).order_by("-granted_at", "-pk")
    rows = EvaluationAssignment.objects.annotate(last_until=Subquery(granted.values("until")[:1]))
    neither = Q(extended_until__isnull=True, last_until__isnull=True)
    both = Q(extended_until__isnull=False, last_until__isnull=False, extended_until=F("last_until"))
    return rows.exclude(neither | both)


def evaluations_before_their_stage() -> QuerySet[EvaluationAssignment]:
    """Nobody has a task before the screen, and none of the mentors' before it was released that they go on.

    A release of the screen that was taken back leaves the tasks of stage 2 where they are: closed to the person.
    """
    early = [A.DRAFT, A.SUBMITTED, A.LAPSED]
    live = [EvaluationState.ASSIGNED, EvaluationState.STARTED]
    too_early = Q(application__internal_state__in=early)
    mentors = Q(
        window=TaskWindow.STREAM_STAGE, state__in=live, application__released_state__in=[*early, A.IN_SCREEN, A.STAGE2]
    )
    return EvaluationAssignment.objects.filter(too_early | mentors)


def scores_of_providers_out_of_step() -> QuerySet[EvaluationAssignment]:
    """A reported score belongs to a test at a provider, and that test is graded.

    The other way round need not hold: who deletes their account takes the score along.
    """
    scored = EvaluationAssignment.objects.filter(external_score__isnull=False)
    return scored.exclude(state__in=[EvaluationState.GRADED, *NOT_READ], definition__kind=EvaluationKind.EXTERNAL)


def tasks_out_of_step_with_their_question() -> QuerySet[EvaluationAssignment]:
    """Grading of a task waits exactly while a question about it does; what does not count was found by two people."""
    cases = IntegrityCase.objects.filter(assignment=OuterRef("pk"))
    waits = Q(state=EvaluationState.INTEGRITY_REVIEW)
    is_open = Q(Exists(cases.filter(state=CaseState.OPEN)))
    found = cases.filter(rulings__outcome=CaseOutcome.SET_ASIDE, rulings__confirmed_at__isnull=False)
    unfounded = Q(state=EvaluationState.SET_ASIDE) & ~Exists(found)
    return EvaluationAssignment.objects.filter(waits & ~is_open | ~waits & is_open | unfounded)


def questions_resting_on_a_detector_alone() -> QuerySet[IntegrityCase]:
    """Every question rests on something that a person saw."""
    seen = CaseEvidence.objects.filter(case=OuterRef("pk")).exclude(kind__in=sorted(NOT_ALONE))
    return IntegrityCase.objects.filter(~Exists(seen))


def questions_settled_without_two_people() -> QuerySet[IntegrityCase]:
    """An outcome was found by two people of whom neither raised the question, and an appeal by two others."""
    found = CaseRuling.objects.filter(case=OuterRef("pk"), confirmed_at__isnull=False)
    alone = CaseRuling.objects.filter(case=OuterRef("pk")).filter(
        ~Q(raised_by=F("case__raised_by"))
        | Q(proposed_by=F("case__raised_by"))
        | Q(confirmed_by=F("case__raised_by"))
        | Q(confirmed_by=F("proposed_by"))
        | Q(proposed_by=F("case__assignment__application__person"))
        | Q(confirmed_by=F("case__assignment__application__person"))
    )
    first = CaseRuling.objects.filter(case=OuterRef("case"), round=CaseRound.FIRST)
    again = CaseRuling.objects.filter(case=OuterRef("pk"), round=CaseRound.APPEAL).filter(
        Exists(
            first.filter(
                Q(proposed_by=OuterRef("proposed_by"))
                | Q(confirmed_by=OuterRef("proposed_by"))
                | Q(proposed_by=OuterRef("confirmed_by"))
                | Q(confirmed_by=OuterRef("confirmed_by"))
            )
        )
    )
    settled = Q(state__in=[CaseState.DECIDED, CaseState.APPEALED])
    return IntegrityCase.objects.filter(settled & ~Exists(found) | Q(Exists(alone)) | Q(Exists(again)))


def questions_settled_without_a_hearing() -> QuerySet[CaseRuling]:
    """Nothing is found before the author has answered, or let the date go by.

    The database refuses it too; this also finds a date that was moved afterwards.
    """
    heard = Q(heard_at__isnull=False, heard_at__lte=F("proposed_at"), heard_at__gte=F("case__raised_at"))
    return CaseRuling.objects.exclude(heard | Q(heard_at__isnull=True, proposed_at__gte=F("case__reply_by")))


def references_without_their_letter() -> QuerySet[Reference]:
    """A reference is received exactly when its words are on record."""
    letters = Letter.objects.filter(reference=OuterRef("pk"))
    received = Q(state=ReferenceState.SUBMITTED)
    return Reference.objects.filter(received & ~Exists(letters) | ~received & Exists(letters))


def referees_who_are_the_applicant() -> QuerySet[Reference]:
    """Nobody writes a letter about themselves."""
    return Reference.objects.filter(referee__email=Lower("application__person__email"))


def applications_with_too_many_referees() -> QuerySet[Application]:
    """Nobody has more referees than the cycle takes."""
    held = Count("references", filter=Q(references__state__in=sorted(HOLDS_PLACE)))
    return Application.objects.annotate(n_held=held).filter(n_held__gt=F("cycle__max_referees"))


def referees_of_another_cycle() -> QuerySet[Reference]:
    """A referee is asked within the cycle of the application."""
    return Reference.objects.exclude(referee__cycle=F("application__cycle"))


def referees_asked_for_drafts() -> QuerySet[Reference]:
    """Nobody is written to about an application that was never handed in."""
    return Reference.objects.filter(requested_at__isnull=False, application__submitted_at=None)


ALL: list[Callable[[], QuerySet]] = [
    submitted_applications_without_a_snapshot,
    submitted_applications_without_a_track,
    applications_out_of_step,
    track_applications_out_of_step,
    live_tracks_of_ended_applications,
    closings_that_the_record_tells_otherwise,
    refusals_that_the_record_tells_otherwise,
    applications_past_a_review_that_advanced_nothing,
    tracks_of_another_cycle,
    stream_applications_outside_the_tracks,
    stream_applications_without_a_snapshot,
    stream_applications_before_stage2,
    agreements_not_acknowledged,
    evaluations_asked_twice,
    evaluations_without_a_snapshot,
    excuses_out_of_step,
    task_times_without_a_reason,
    evaluations_before_their_stage,
    scores_of_providers_out_of_step,
    tasks_out_of_step_with_their_question,
    questions_resting_on_a_detector_alone,
    questions_settled_without_two_people,
    questions_settled_without_a_hearing,
    references_without_their_letter,
    referees_who_are_the_applicant,
    applications_with_too_many_referees,
    referees_of_another_cycle,
    referees_asked_for_drafts,
]
